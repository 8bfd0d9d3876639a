import { expect, test } from 'vitest';
import { BAD_DAY, type Misbehaviour, WELL_BEHAVED } from './misbehaviour.ts';
import { UnreliableQueue } from './unreliable-queue.ts';

const numbers = Array.from({ length: 200 }, (_, at) => at);

function run(seed: number, misbehaviour: Misbehaviour): number[] {
  const queue = new UnreliableQueue<number>(seed, misbehaviour);
  for (const number of numbers) queue.tell(number, 0);
  return drain(queue, 3_600_000);
}

function drain(queue: UnreliableQueue<number>, nowMs: number): number[] {
  const came: number[] = [];
  for (let due = queue.takeDue(nowMs); due !== undefined; due = queue.takeDue(nowMs)) came.push(due.item);
  return came;
}

test('well behaved it says everything once, in order', () => {
  expect(run(1, WELL_BEHAVED)).toEqual(numbers);
});

test('on a bad day it loses, doubles and shuffles, the same way for the same seed', () => {
  const came = run(1, BAD_DAY);
  expect(came).toEqual(run(1, BAD_DAY));
  expect(came).not.toEqual(run(2, BAD_DAY));
  expect(new Set(came).size).toBeLessThan(numbers.length);
  expect(came.length).toBeGreaterThan(new Set(came).size);
  expect(came).not.toEqual([...came].sort((a, b) => a - b));
});

test('what becomes of a delivery does not depend on when others are taken', () => {
  const often = new UnreliableQueue<number>(9, BAD_DAY);
  const came: number[] = [];
  for (const number of numbers) {
    often.tell(number, 0);
    came.push(...drain(often, 0));
  }
  came.push(...drain(often, 3_600_000));
  expect(came.toSorted((a, b) => a - b)).toEqual(run(9, BAD_DAY).toSorted((a, b) => a - b));
});

test('what is held comes at its time, once, whatever the misbehaviour', () => {
  const queue = new UnreliableQueue<number>(1, { ...BAD_DAY, loses: 1 });
  queue.tell(1, 0);
  queue.hold(2, 500);
  expect(queue.lostCount).toBe(1);
  expect(drain(queue, 499)).toEqual([]);
  expect(drain(queue, 500)).toEqual([2]);
  expect(queue.nextDueAtMs).toBeUndefined();
});

import { describe, expect, it } from 'vitest';
import { afterFailure, canCancel, deadlineMs } from './request-rules.ts';

const day = (ms: number): string => new Date(ms).toISOString();

describe('a deadline', () => {
  it.each([
    ['gdpr', '2026-11-22T09:30:00.000Z', '2026-12-22T09:30:00.000Z'],
    ['gdpr', '2026-01-31T23:59:59.999Z', '2026-02-28T23:59:59.999Z'],
    ['gdpr', '2028-01-30T00:00:00.000Z', '2028-02-29T00:00:00.000Z'],
    ['gdpr', '2026-12-31T12:00:00.000Z', '2027-01-31T12:00:00.000Z'],
    ['ccpa', '2026-11-22T09:00:00.000Z', '2027-01-06T09:00:00.000Z'],
    ['other', '2026-11-22T09:00:00.000Z', '2026-12-22T09:00:00.000Z'],
  ] as const)('by %s of what came at %s is %s', (regulation, from, to) => {
    expect(day(deadlineMs(regulation, Date.parse(from)))).toBe(to);
  });
});

describe('a request that failed', () => {
  it('is tried again ever later, and after six times left to a member', () => {
    const rests = [1, 2, 3, 4, 5].map((attempts) => afterFailure(attempts));
    expect(rests.map(({ state }) => state)).toEqual(Array.from({ length: 5 }, () => 'received'));
    expect(rests.map(({ restMs }) => restMs)).toEqual([30_000, 60_000, 120_000, 240_000, 480_000]);
    expect(afterFailure(6).state).toBe('failed');
    expect([
      canCancel('failed', 6),
      canCancel('received', 1),
      canCancel('running', 1),
      canCancel('received', 0),
    ]).toEqual([true, false, false, true]);
  });
});

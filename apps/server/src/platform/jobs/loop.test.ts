import { describe, expect, it, vi } from 'vitest';
import { createLogger } from '../logger/index.ts';
import { GrowingRest, runLoop } from './index.ts';

const logger = createLogger('silent');

/** Every round it ran, by the milliseconds since the start of the fake time. */
async function runFor(ms: number, options: { restMs: number; news?: readonly number[]; work?: readonly number[] }) {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  const begunAt = performance.now();
  const rounds: number[] = [];
  const abort = new AbortController();
  let tell = (): void => {};
  const running = runLoop({
    name: 'test',
    restMs: options.restMs,
    ...(options.news !== undefined && { onNews: (listener: () => void) => ((tell = listener), () => {}) }),
    run: async () => {
      rounds.push(Math.round(performance.now() - begunAt));
      return options.work?.includes(rounds.length) === true ? 1 : 0;
    },
    signal: abort.signal,
    logger,
  });
  for (const at of options.news ?? []) {
    await vi.advanceTimersByTimeAsync(at - (performance.now() - begunAt));
    tell();
  }
  await vi.advanceTimersByTimeAsync(ms - (performance.now() - begunAt));
  abort.abort();
  await vi.advanceTimersByTimeAsync(0);
  await running;
  vi.useRealTimers();
  return rounds;
}

describe('a background loop', () => {
  it('rests the same each time when it cannot hear news', async () => {
    expect(await runFor(1_001, { restMs: 100 })).toHaveLength(11);
  });

  it('rests longer and longer while nothing is found, but never longer than 400 ms', async () => {
    const rounds = await runFor(10_000, { restMs: 50, news: [] });
    const rests = rounds.slice(1).map((at, i) => at - rounds[i]!);
    expect(rests[0]).toBeLessThanOrEqual(51);
    expect(Math.max(...rests)).toBeLessThanOrEqual(401);
    expect(rests.slice(-10).every((ms) => ms >= 399)).toBe(true);
  });

  it('looks soon after news, and goes on looking often', async () => {
    const rounds = await runFor(10_500, { restMs: 50, news: [10_000] });
    const after = rounds.filter((at) => at > 10_000);
    expect(after[0]).toBeLessThanOrEqual(10_050);
    expect(after.length).toBeGreaterThan(4);
  });

  it('goes on at once after a round that did something', async () => {
    const rounds = await runFor(60, { restMs: 50, news: [], work: [1, 2, 3] });
    expect(rounds.filter((at) => at <= 5)).toHaveLength(4);
  });

  it('ends at once when it is told to, also while it rests', async () => {
    const abort = new AbortController();
    const running = runLoop({ name: 'test', restMs: 60_000, run: async () => 0, signal: abort.signal, logger });
    await new Promise((resolve) => setImmediate(resolve));
    abort.abort();
    await expect(running).resolves.toBeUndefined();
  });
});

describe('a growing rest', () => {
  it('never shrinks below its least, even when that is above its most', () => {
    const rest = new GrowingRest(1_000, 400);
    rest.grow();
    expect(rest.ms).toBe(1_000);
  });
});

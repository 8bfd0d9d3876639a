import { describe, expect, it } from 'vitest';
import { decideWave, waveSize } from './decide-wave.ts';

const waiting = (count: number, pieces = 1) =>
  Array.from({ length: count }, (_, at) => ({ id: `a${at}`, profileId: `p${at}`, pieces }));
const noRank = () => 0;
const base = { waveLeft: 0, available: 1, factorHundredths: 150, rankOf: noRank };

describe('a wave', () => {
  it('is as many as the pieces are worth, rounded up', () => {
    expect([0, 1, 2, 3, 10].map((pieces) => waveSize(pieces, 150))).toEqual([0, 2, 3, 5, 15]);
    expect(waveSize(-4, 150)).toBe(0);
    expect(waveSize(3, 110)).toBe(4);
  });

  it('of 500 who wait for one piece tells two', () => {
    expect(decideWave({ ...base, waiting: waiting(500) }).chosen.map(({ id }) => id)).toEqual(['a0', 'a1']);
  });

  it('goes on with fewer once some were sold', () => {
    expect(decideWave({ ...base, waveLeft: 10, available: 2, waiting: waiting(50) }).size).toBe(3);
    expect(decideWave({ ...base, waveLeft: 2, available: 20, waiting: waiting(50) }).size).toBe(2);
  });

  it('tells higher ranks first, and among equals who came first', () => {
    const ranks = new Map([
      ['p3', 2],
      ['p4', 2],
      ['p1', 1],
    ]);
    const input = { ...base, available: 3, waiting: waiting(6), rankOf: (id: string) => ranks.get(id) ?? 0 };
    expect(decideWave(input).chosen.map(({ id }) => id)).toEqual(['a3', 'a4', 'a1', 'a0', 'a2']);
  });

  it('passes by who waits for more than there is', () => {
    const mixed = [...waiting(1, 5), { id: 'b', profileId: 'q', pieces: 1 }];
    expect(decideWave({ ...base, available: 4, waiting: mixed }).chosen.map(({ id }) => id)).toEqual(['b']);
  });
});

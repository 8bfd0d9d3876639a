import { describe, expect, it } from 'vitest';
import { laterNodesOf } from './later-nodes.ts';

const later = (events: number[][], brought: number[], fresh: number[]) =>
  laterNodesOf(events, { brought: new Set(brought), later: new Set(fresh) });

describe('an identifier that came after a merge', () => {
  it('goes with what it was only ever seen with', () => {
    expect(
      later(
        [
          [10, 1],
          [11, 2],
        ],
        [1],
        [10, 11],
      ),
    ).toEqual([10]);
  });

  it('goes along over others that came later too', () => {
    expect(
      later(
        [
          [10, 1],
          [11, 10],
          [12, 11],
        ],
        [1],
        [10, 11, 12],
      ),
    ).toEqual([10, 11, 12]);
  });

  it('stays when it was seen with both, or alone', () => {
    expect(later([[10, 1], [10, 2], [11]], [1], [10, 11])).toEqual([]);
    expect(
      later(
        [
          [10, 1],
          [11, 10],
          [11, 2],
        ],
        [1],
        [10, 11],
      ),
    ).toEqual([]);
  });
});

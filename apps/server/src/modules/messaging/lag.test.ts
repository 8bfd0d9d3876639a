import { describe, expect, it } from 'vitest';
import { followLanes, type LaneMark, toLanePositions } from './lag.ts';

const lanes = [
  { log: 0, lane: 3 },
  { log: 0, lane: 7 },
  { log: 1, lane: 2 },
] as const;

/** `{ '0:3': [processed, head] }` */
function positions(places: Record<string, readonly [number, number]>) {
  return toLanePositions(
    Object.entries(places).map(([place, [seq, head]]) => {
      const [log, lane] = place.split(':').map(Number);
      return { log: log as 0 | 1, lane: lane!, seq, head };
    }),
  );
}

const look = (places: Record<string, readonly [number, number]>, marks?: readonly LaneMark[]) =>
  followLanes({ lanes, positions: positions(places), marks });

describe('followLanes', () => {
  it('lets a message go at once when its lanes are quiet', () => {
    expect(look({ '0:3': [5, 5], '0:7': [9, 9], '1:2': [1, 1], '0:4': [0, 99] })).toEqual({ kind: 'passed' });
  });

  it('waits for the heads an intake lane had, not for those it gets', () => {
    const first = look({ '0:3': [5, 8], '0:7': [9, 9], '1:2': [1, 1] });
    expect(first).toEqual({ kind: 'behind', marks: [[0, 3, 8]] });
    const marks: LaneMark[] = [[0, 3, 8]];
    expect(look({ '0:3': [7, 20], '0:7': [9, 30], '1:2': [1, 1] }, marks)).toEqual({ kind: 'behind', marks });
    expect(look({ '0:3': [8, 20], '0:7': [9, 30], '1:2': [1, 1] }, marks)).toEqual({ kind: 'passed' });
  });

  it('waits for what passing the intake made happen', () => {
    const passed = look({ '0:3': [8, 20], '0:7': [9, 9], '1:2': [1, 4] }, [[0, 3, 8]]);
    expect(passed).toEqual({ kind: 'behind', marks: [[1, 2, 4]] });
    expect(look({ '0:3': [8, 20], '0:7': [9, 9], '1:2': [4, 6] }, [[1, 2, 4]])).toEqual({ kind: 'passed' });
  });

  it('looks at the internal lane first only when the intake is passed', () => {
    expect(look({ '0:3': [5, 6], '0:7': [9, 9], '1:2': [1, 4] })).toEqual({ kind: 'behind', marks: [[0, 3, 6]] });
    expect(look({ '0:3': [6, 6], '0:7': [9, 9], '1:2': [1, 4] })).toEqual({ kind: 'behind', marks: [[1, 2, 4]] });
  });
});

import { describe, expect, it } from 'vitest';
import { decideHealth, type HealthInput } from './decide-health.ts';
import { rhythmOf } from './rhythm.ts';

const NOW = 10_000 * 3_600_000;
const healthy: HealthInput = {
  isEnabled: true,
  firstAt: NOW - 86_400_000,
  lastAt: NOW - 1_000,
  rejectedLastHour: 0,
  takenLastHour: 100,
  deadLetters: 0,
  rhythm: rhythmOf([1, 2, 3, 4, 5, 6]),
  commonReason: undefined,
};
const status = (change: Partial<HealthInput>) => decideHealth({ ...healthy, ...change }, NOW).status;

describe('a source', () => {
  it('waits until its first event, then receives', () => {
    expect(status({ firstAt: undefined, lastAt: undefined, takenLastHour: 0 })).toBe('waiting');
    expect(status({})).toBe('receiving');
  });

  it('fails when what it sends is refused and nothing is taken, even before its first event', () => {
    expect(status({ firstAt: undefined, lastAt: undefined, takenLastHour: 0, rejectedLastHour: 1 })).toBe('failing');
    expect(status({ lastAt: NOW - 2 * 3_600_000, takenLastHour: 0, rejectedLastHour: 1 })).toBe('failing');
  });

  it('fails when more than a tenth is refused, not for one in a thousand', () => {
    expect(status({ takenLastHour: 900, rejectedLastHour: 101 })).toBe('failing');
    expect(status({ takenLastHour: 999, rejectedLastHour: 1 })).toBe('receiving');
  });

  it('is silent only beyond its own rhythm', () => {
    expect(status({ lastAt: NOW - 2 * 3_600_000 })).toBe('receiving');
    expect(status({ lastAt: NOW - 3 * 3_600_000 })).toBe('silent');
    expect(status({ lastAt: NOW - 500 * 3_600_000, rhythm: rhythmOf([1, 2]) })).toBe('receiving');
  });

  it('that is disabled is told so, whatever else is wrong', () => {
    expect(status({ isEnabled: false, rejectedLastHour: 5 })).toBe('disabled');
  });

  it('names the reason most of its events are refused for', () => {
    const { reason } = decideHealth(
      { ...healthy, rejectedLastHour: 500, commonReason: 'a track event needs a name' },
      NOW,
    );
    expect(reason).toContain('a track event needs a name');
  });
});

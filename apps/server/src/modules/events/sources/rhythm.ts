const HOUR_MS = 3_600_000;
/** Fewer gaps than this say nothing about a rhythm. */
const GAPS_MIN = 4;

/** How regularly something comes, as its own past says. */
export interface Rhythm {
  readonly activeHours: number;
  /** Median hours from one active hour to the next; null while too few are known. */
  readonly usualGapHours: number | null;
  /** Quiet for longer than this is more than its rhythm explains. */
  readonly silentAfterHours: number | null;
}

/**
 * The rhythm of something from the hours (since the epoch, rising) in which it came. Its second longest gap, and half of
 * that again, is what may happen again: a night, a weekend, closed on Mondays; a single outage is the longest gap, and
 * does not excuse the next one. Pure.
 */
export function rhythmOf(hours: readonly number[]): Rhythm {
  const gaps: number[] = [];
  for (let i = 1; i < hours.length; i++) gaps.push(hours[i]! - hours[i - 1]!);
  if (gaps.length < GAPS_MIN) return { activeHours: hours.length, usualGapHours: null, silentAfterHours: null };
  gaps.sort((a, b) => a - b);
  return {
    activeHours: hours.length,
    usualGapHours: gaps[(gaps.length - 1) >> 1]!,
    silentAfterHours: gaps.at(-2)! * 1.5 + 1,
  };
}

/** Whether it was regular and stopped beyond what its own rhythm explains. Pure. */
export function isSilent(rhythm: Rhythm, lastAtMs: number, nowMs: number): boolean {
  return rhythm.silentAfterHours !== null && nowMs - lastAtMs > rhythm.silentAfterHours * HOUR_MS;
}

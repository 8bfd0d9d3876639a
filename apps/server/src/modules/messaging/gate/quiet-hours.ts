import { localDay, QUARTER_MS, weekdayOf, zoneOffsetMs } from '../../segments/index.ts';
import type { QuietWindow } from './send-policy.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;

/**
 * Until when it is quiet in at least one of the zones: `nowMs` when it is quiet in none, undefined when it never ends. Quiet is
 * what the clock on her wall says: an hour that comes twice is quiet twice, one that is skipped not at all.
 */
export function quietUntil(
  windows: readonly QuietWindow[],
  zones: readonly string[],
  nowMs: number,
): number | undefined {
  // Whichever zone opens last decides, and by then another may be quiet again.
  for (let atMs = nowMs; atMs <= nowMs + 2 * WEEK_MS;) {
    let laterMs = atMs;
    for (const zone of zones) laterMs = Math.max(laterMs, quietStepEnd(windows, zone, laterMs));
    if (laterMs === atMs) return atMs;
    atMs = laterMs;
  }
  return undefined;
}

/** The first instant at which one of the windows that hold now ends, or clocks are changed; `atMs` when none holds. */
function quietStepEnd(windows: readonly QuietWindow[], zone: string, atMs: number): number {
  const leftMs = Math.max(0, ...windows.map((window) => leftOf(window, zone, atMs)));
  if (leftMs === 0) return atMs;
  return Math.min(atMs + leftMs, nextClockChange(zone, atMs, atMs + leftMs));
}

/** For how long a window holds yet, by clocks that are not changed meanwhile; 0: it does not hold. */
function leftOf({ fromMinute, toMinute, days }: QuietWindow, zone: string, atMs: number): number {
  const day = localDay(zone, atMs);
  const sinceMidnightMs = atMs + zoneOffsetMs(zone, atMs) - day * DAY_MS;
  const lengthMs = ((toMinute - fromMinute + 1_440 - 1) % 1_440) * MINUTE_MS + MINUTE_MS;
  // It may have begun today or yesterday; a day long, both.
  const lefts = [0, 1].map((daysAgo) => {
    const isMeant = days === undefined || days.includes(weekdayOf(day - daysAgo));
    const sinceMs = sinceMidnightMs + daysAgo * DAY_MS - fromMinute * MINUTE_MS;
    return isMeant && sinceMs >= 0 && sinceMs < lengthMs ? lengthMs - sinceMs : 0;
  });
  return Math.max(...lefts);
}

/** When clocks of a zone are next changed after `fromMs`, at most `untilMs`. */
function nextClockChange(zone: string, fromMs: number, untilMs: number): number {
  const offsetMs = zoneOffsetMs(zone, fromMs);
  if (zoneOffsetMs(zone, untilMs) === offsetMs) return untilMs;
  let [low, high] = [Math.floor(fromMs / QUARTER_MS), Math.ceil(untilMs / QUARTER_MS)];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (zoneOffsetMs(zone, middle * QUARTER_MS) === offsetMs) low = middle;
    else high = middle;
  }
  return Math.min(untilMs, high * QUARTER_MS);
}

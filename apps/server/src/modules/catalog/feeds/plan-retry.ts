const MINUTE_MS = 60_000;
const RETRY_MINUTES = [1, 5, 15, 60] as const;
const DAY_MS = 86_400_000;

/**
 * How long after so many faults in a row a feed is fetched again: 1, 5, 15, then 60 minutes, but never later than its interval;
 * later where its server asks for it, a day at most. Pure.
 */
export function retryDelayMs(
  failures: number,
  { intervalMinutes, retryAfterMs = 0 }: { intervalMinutes: number; retryAfterMs?: number | undefined },
): number {
  const minutes = RETRY_MINUTES[Math.min(failures, RETRY_MINUTES.length) - 1] ?? RETRY_MINUTES[0];
  return Math.max(Math.min(minutes, intervalMinutes) * MINUTE_MS, Math.min(retryAfterMs, DAY_MS));
}

/**
 * Why what a fetch does not name any more stays; undefined: it may be archived. A file that is a torso, or of which rows were
 * refused, says nothing about what it leaves out. Pure.
 */
export function keptBecause(of: {
  readonly missing: number;
  readonly known: number;
  readonly refused: number;
  readonly allowShrink: boolean;
}): string | undefined {
  const { missing, known, refused, allowShrink } = of;
  if (missing === 0) return undefined;
  const named = `${missing} of ${known} products are not named any more`;
  if (refused > 0)
    return `${named}; they stay because ${refused} ${refused === 1 ? 'row was' : 'rows were'} refused: mend these first`;
  if (missing * 2 > known && !allowShrink)
    return `${named}; they stay because that is more than half: if it is meant, run the feed with allowShrink`;
  return undefined;
}

/** The time of the pretend world: the same clock as the server's when it runs on a scaled one. */
export interface SandboxClock {
  now(): number;
}

/** Reads `{"scale":60,"realStartMs":…,"virtualStartMs":…}`; the system's clock when there is none. */
export function readSandboxClock(settings: string | undefined, realNow: () => number = Date.now): SandboxClock {
  if (settings === undefined || settings === '') return { now: realNow };
  const { scale, realStartMs, virtualStartMs } = JSON.parse(settings) as Record<string, unknown>;
  if (
    typeof scale !== 'number' ||
    !(scale > 0) ||
    typeof realStartMs !== 'number' ||
    typeof virtualStartMs !== 'number'
  )
    throw new Error('SEGUE_CLOCK needs the numbers scale, realStartMs and virtualStartMs');
  return { now: () => Math.floor(virtualStartMs + (realNow() - realStartMs) * scale) };
}

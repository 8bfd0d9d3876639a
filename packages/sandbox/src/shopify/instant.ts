const MINUTE_MS = 60_000;

/** `2026-11-23T10:00:00-05:00`: whole seconds, in the time of the shop. */
export function instantText(atMs: number, utcOffsetMinutes: number): string {
  const local = new Date(atMs + utcOffsetMinutes * MINUTE_MS).toISOString().slice(0, 19);
  const minutes = Math.abs(utcOffsetMinutes);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${local}${utcOffsetMinutes < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** The whole second it is in: finer is nothing kept. */
export const wholeSecond = (atMs: number): number => Math.floor(atMs / 1_000) * 1_000;

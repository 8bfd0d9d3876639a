/** State as text, maps and all. */
export function writeState(state: unknown): string {
  return JSON.stringify(state, (_key, value: unknown) => (value instanceof Map ? { $map: [...value] } : value));
}

/** What `writeState` wrote. */
export function readState<T>(text: string): T {
  return JSON.parse(text, (_key, value: unknown) => (isMap(value) ? new Map(value.$map) : value)) as T;
}

function isMap(value: unknown): value is { $map: [unknown, unknown][] } {
  return typeof value === 'object' && value !== null && '$map' in value;
}

import type { ProfileState } from './profile-section.ts';

const HOUR_MS = 3_600_000;
/** More sightings of a device are not remembered: by then it is under quarantine. */
const GUESTS_MAX = 64;

/** A user id seen with a device, and when by the event's own time. */
export type Guest = readonly [userNode: number, atMs: number];

/**
 * Who was seen with a device within the last hour, one more included; and whether that is more people than a household has.
 * The same whatever order they come in, as long as they come within the hour. Pure.
 */
export function noteGuest(
  guests: readonly Guest[],
  guest: Guest,
  userIdsMax: number,
): { guests: [number, number][]; isTooMany: boolean } {
  const all = [...guests.filter(([user, atMs]) => user !== guest[0] || atMs !== guest[1]), guest];
  const newest = Math.max(...all.map(([, atMs]) => atMs));
  const kept = all
    .filter(([, atMs]) => newest - atMs < HOUR_MS)
    .sort((a, b) => a[1] - b[1] || a[0] - b[0])
    .slice(-GUESTS_MAX)
    .map(([user, atMs]): [number, number] => [user, atMs]);
  const isTooMany = all.some(([, from]) => {
    const within = all.filter(([, atMs]) => atMs >= from && atMs - from < HOUR_MS);
    return new Set(within.map(([user]) => user)).size > userIdsMax;
  });
  return { guests: kept, isTooMany };
}

/** The state with what was seen of one of its devices. Pure. */
export function withGuests(state: ProfileState, node: number, guests: [number, number][]): ProfileState {
  return { ...state, guests: { ...state.guests, [String(node)]: guests } };
}

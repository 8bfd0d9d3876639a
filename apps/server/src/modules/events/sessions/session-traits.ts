import type { JsonObject } from '../../../platform/json.ts';
import { type Opening, type Session, sessionsOf, type Source, type VisitsState } from './visits.ts';

/** The traits sessions give a profile; no others are touched. */
export const SESSION_TRAITS = [
  'first_touch',
  'last_touch',
  'device',
  'location',
  'session_count',
  'last_session_at',
] as const;
export type SessionTraits = Record<(typeof SESSION_TRAITS)[number], JsonObject | number | string | null>;

/**
 * What is known of a profile's sessions, as rules can ask for it. The first touch is the first session's; the last touch
 * the last session's that was not direct, and a direct one only where there never was another. Null: not known.
 */
export function sessionTraits(state: VisitsState): SessionTraits {
  const sessions = sessionsOf(state);
  const forgottenFirst = state.f === undefined ? undefined : { atMs: state.f[0], opening: state.f[1] };
  const forgottenLast = state.l === undefined ? undefined : { atMs: state.l[0], opening: state.l[1] };
  const newest = sessions.at(-1);
  const first = earlier(forgottenFirst, sessions[0]);
  const last = later(
    sessions.findLast(({ opening }) => opening.c !== 'direct'),
    forgottenLast,
  );
  const seen = sessions.findLast(({ opening }) => opening.d !== undefined)?.opening;
  const placed = sessions.findLast(({ opening }) => opening.a !== undefined)?.opening;
  return {
    first_touch: first === undefined ? null : presentTouch(first),
    last_touch: last === undefined ? presentNewest(newest) : presentTouch(last),
    device: seen === undefined ? null : presentDevice(seen),
    location: placed === undefined ? null : presentLocation(placed),
    session_count: newest === undefined ? null : (state.n ?? 0) + sessions.length,
    last_session_at: newest === undefined ? null : new Date(newest.atMs).toISOString(),
  };
}

/** The properties of `Session Started`. */
export function sessionProperties(sessionId: string, { opening }: Session): JsonObject {
  const { class: deviceClass, ...device } = presentDevice(opening);
  return {
    session_id: sessionId,
    ...presentSource(opening),
    ...withText('landing_page', opening.l),
    ...(deviceClass === undefined ? {} : { device: deviceClass }),
    ...device,
    ...presentPlace(opening),
  };
}

function presentNewest(newest: Session | undefined): JsonObject | null {
  return newest === undefined ? null : presentTouch(newest);
}

function presentTouch({ atMs, opening }: Session): JsonObject {
  return {
    at: new Date(atMs).toISOString(),
    ...presentSource(opening),
    ...withText('landing_page', opening.l),
  };
}

function presentSource(opening: Source): JsonObject {
  return {
    referrer_class: opening.c ?? 'direct',
    ...withText('source', opening.s),
    ...withText('medium', opening.m),
    ...withText('campaign', opening.n),
    ...withText('term', opening.t),
    ...withText('content', opening.o),
    ...withText('click_id_type', opening.i),
    ...withText('click_id', opening.v),
    ...withText('referrer', opening.r),
  };
}

function presentDevice({ d }: Opening): JsonObject {
  return { ...withText('class', d?.[0]), ...withText('os', d?.[1]), ...withText('browser', d?.[2]) };
}

function presentPlace({ a, g }: Opening): JsonObject {
  return { ...withText('country', a), ...withText('region', g) };
}

/** What the trait says beside what is told of every session. */
function presentLocation(opening: Opening): JsonObject {
  const [lat, lon] = opening.p ?? [];
  return {
    ...presentPlace(opening),
    ...withText('city', opening.y),
    ...(lat !== undefined && lon !== undefined && { lat, lon }),
  };
}

function withText(name: string, value: string | undefined): JsonObject {
  return value === undefined || value === '' ? {} : { [name]: value };
}

function earlier(a: Session | undefined, b: Session | undefined): Session | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return b.atMs < a.atMs ? b : a;
}

function later(a: Session | undefined, b: Session | undefined): Session | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return b.atMs > a.atMs ? b : a;
}

/**
 * Sessions of one profile, right in whatever order its events come. Pure.
 *
 * A visit is what a profile does without a pause of more than 30 minutes. It is one session, and each campaign in it
 * opens another where it is first seen. Analytics tools differ: Google Analytics 4 breaks a session by the pause only, its
 * predecessor also at midnight and whenever the source changed, Matomo by the pause, at midnight and by another campaign.
 * Here midnight breaks nothing (a customer awake at twelve has not left), a link from a search engine neither, and a
 * campaign counts once a visit: two tabs opened from two advertisements do not shred it, and going back does not count
 * again. So defined, what a visit keeps is only ever a minimum, a maximum or a union: no order of arrival matters.
 */

/** A pause longer than this ends a visit. */
export const SESSION_PAUSE_MINUTES = 30;
/** Times are compared by the whole minute, so that most events of a visit change nothing that is kept. */
const MINUTE_MS = 60_000;
/** Older visits are only counted. */
export const VISITS_KEPT_MAX = 8;
export const CAMPAIGNS_PER_VISIT_MAX = 5;
/** Of the visits as JSON; with more the oldest is only counted. */
const STATE_CHARS_MAX = 4_000;

/** Where somebody came from, in as few characters as possible; empty fields are left out. */
export interface Source {
  /** Class, source, medium, campaign, term, content, type and value of the click id, host of the referrer. */
  c?: string;
  s?: string;
  m?: string;
  n?: string;
  t?: string;
  o?: string;
  i?: string;
  v?: string;
  r?: string;
}
/** How a session began: its first page, the device (class, system, browser), country, region, town and position. */
export interface Entry {
  l?: string;
  d?: [string, string, string];
  a?: string;
  g?: string;
  y?: string;
  p?: [latitude: number, longitude: number];
}
export type Opening = Source & Entry;
type At<T> = [atMs: number, value: T];

export interface Visit {
  /** First instant, and the minute of the last. */
  s: number;
  e: number;
  /** The first event, when it came with no campaign. */
  o?: Entry;
  /** The first link from elsewhere, before any campaign. */
  r?: At<Source>;
  /** Campaigns: key, first instant, how it began. By instant, then key. */
  k?: [key: string, atMs: number, opening: Opening][];
}

/** The sessions' part of a subject's state. */
export interface VisitsState {
  /** The newest visits, oldest first. */
  v: Visit[];
  /** Of forgotten visits: how many sessions, the first, the last that was not direct, the minute of the last event. */
  n?: number;
  f?: At<Opening>;
  l?: At<Opening>;
  h?: number;
}

export const NO_VISITS: VisitsState = { v: [] };

/** One thing somebody did. What it costs to find out is asked for only when it can matter. */
export interface Moment {
  readonly atMs: number;
  readonly campaign: string | undefined;
  entry(): Entry;
  /** Where it came from by its campaign. */
  source(): Source;
  /** Where it came from by the page that linked; undefined: from nowhere else. */
  referral(): Source | undefined;
}

export interface Session {
  readonly atMs: number;
  readonly opening: Opening;
}

export interface Advance {
  /** The same object when nothing changed. */
  readonly state: VisitsState;
  /** Sessions nobody knew of; not those that only turned out to have begun earlier. */
  readonly opened: readonly Session[];
  /** Whether anything but the end of a visit changed. */
  readonly isNews: boolean;
}

/** What one more event does. */
export function advanceVisits(state: VisitsState, moment: Moment): Advance {
  const nothing: Advance = { state, opened: [], isNews: false };
  const minute = minuteOf(moment.atMs);
  const last = state.v.at(-1);
  if (last !== undefined && holdsAlready(last, moment, minute)) return nothing;
  const touched = state.v.filter((visit) => isWithinPause(visit, minute, minute));
  const [only] = touched;
  if (only === undefined && state.h !== undefined && minute - state.h <= SESSION_PAUSE_MINUTES) return nothing;
  if (touched.length === 1 && only !== last && holdsAlready(only!, moment, minute)) return nothing;
  const joined = touched.reduce(joinVisits, visitOf(moment));
  if (touched.length === 1 && isSame(only!, joined)) {
    if (joined.e === only!.e) return nothing;
    return { state: withVisit(state, touched, joined), opened: [], isNews: false };
  }
  const known = new Set(touched.flatMap((visit) => labelled(visit).map(({ label }) => label)));
  const opened = labelled(joined).filter(({ label }) => !known.has(label));
  return { state: forget(withVisit(state, touched, joined)), opened, isNews: true };
}

/** Two profiles are one: what either did, that one did. */
export function mergeVisits(a: VisitsState, b: VisitsState): VisitsState {
  let state: VisitsState = {
    v: a.v,
    ...defined('n', (a.n ?? 0) + (b.n ?? 0) || undefined),
    ...defined('f', earliest(a.f, b.f)),
    ...defined('l', latest(a.l, b.l)),
    ...defined('h', a.h === undefined || b.h === undefined ? (a.h ?? b.h) : Math.max(a.h, b.h)),
  };
  for (const visit of b.v) {
    const touched = state.v.filter((other) => isWithinPause(other, minuteOf(visit.s), visit.e));
    state = withVisit(state, touched, touched.reduce(joinVisits, visit));
  }
  return forget(state);
}

/** The sessions still kept, oldest first. */
export function sessionsOf(state: VisitsState): Session[] {
  return state.v.flatMap(labelled);
}

function labelled(visit: Visit): (Session & { label: string })[] {
  const campaigns = (visit.k ?? []).map(([label, atMs, opening]) => ({ label, atMs, opening }));
  const first = campaigns[0]?.atMs ?? Number.POSITIVE_INFINITY;
  if (first <= visit.s) return campaigns;
  const source = visit.r !== undefined && visit.r[0] < first ? visit.r[1] : { c: 'direct' };
  return [{ label: '', atMs: visit.s, opening: { ...source, ...visit.o } }, ...campaigns];
}

function minuteOf(atMs: number): number {
  return Math.floor(atMs / MINUTE_MS);
}

function isWithinPause(visit: Visit, fromMinute: number, toMinute: number): boolean {
  return minuteOf(visit.s) - toMinute <= SESSION_PAUSE_MINUTES && fromMinute - visit.e <= SESSION_PAUSE_MINUTES;
}

/** The common case: in the middle of a visit, from nowhere new. */
function holdsAlready(visit: Visit, moment: Moment, minute: number): boolean {
  if (moment.atMs <= visit.s || minute > visit.e) return false;
  const { campaign, atMs } = moment;
  if (campaign !== undefined) return visit.k?.some(([key, firstMs]) => key === campaign && firstMs < atMs) === true;
  if (visit.r !== undefined && visit.r[0] < atMs) return true;
  return (visit.k !== undefined && visit.k[0]![1] <= atMs) || moment.referral() === undefined;
}

function visitOf(moment: Moment): Visit {
  const span = { s: moment.atMs, e: minuteOf(moment.atMs) };
  const { campaign } = moment;
  if (campaign !== undefined) {
    return { ...span, k: [[campaign, moment.atMs, { ...moment.source(), ...moment.entry() }]] };
  }
  const referral = moment.referral();
  return { ...span, o: moment.entry(), ...(referral === undefined ? {} : { r: [moment.atMs, referral] }) };
}

/** The smallest visit that holds both. Commutative, associative, and a visit joined with itself is itself. */
function joinVisits(a: Visit, b: Visit): Visit {
  const campaigns = joinCampaigns(a.k, b.k);
  const firstCampaignMs = campaigns?.[0]?.[1] ?? Number.POSITIVE_INFINITY;
  const s = Math.min(a.s, b.s);
  const entry = firstCampaignMs <= s ? undefined : earliest(entryOf(a), entryOf(b))?.[1];
  const referral = earliest(a.r, b.r);
  return {
    s,
    e: Math.max(a.e, b.e),
    ...defined('o', entry),
    ...defined('r', referral !== undefined && referral[0] < firstCampaignMs ? referral : undefined),
    ...defined('k', campaigns),
  };
}

/** A visit that began with a campaign has no other beginning. */
function entryOf(visit: Visit): At<Entry> | undefined {
  return visit.o === undefined ? undefined : [visit.s, visit.o];
}

function joinCampaigns(a: Visit['k'], b: Visit['k']): Visit['k'] {
  if (a === undefined || b === undefined) return a ?? b;
  const byKey = new Map(a.map((campaign) => [campaign[0], campaign]));
  for (const campaign of b) {
    const [key, atMs, opening] = campaign;
    const ours = byKey.get(key);
    if (ours === undefined || isBefore([atMs, opening], [ours[1], ours[2]])) byKey.set(key, campaign);
  }
  const sorted = [...byKey.values()].sort((x, y) => x[1] - y[1] || (x[0] < y[0] ? -1 : 1));
  return sorted.slice(0, CAMPAIGNS_PER_VISIT_MAX);
}

/** At the same instant the lesser text, so that order never matters. */
function isBefore<T>(a: At<T>, b: At<T>): boolean {
  if (a[0] !== b[0]) return a[0] < b[0];
  return JSON.stringify(a[1]) < JSON.stringify(b[1]);
}

function earliest<T>(a: At<T> | undefined, b: At<T> | undefined): At<T> | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return isBefore(b, a) ? b : a;
}

function latest<T>(a: At<T> | undefined, b: At<T> | undefined): At<T> | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return isBefore(a, b) ? b : a;
}

function isSame(a: Visit, b: Visit): boolean {
  return JSON.stringify([a.s, a.o, a.r, a.k]) === JSON.stringify([b.s, b.o, b.r, b.k]);
}

function withVisit(state: VisitsState, instead: readonly Visit[], visit: Visit): VisitsState {
  const others = state.v.filter((other) => !instead.includes(other));
  return { ...state, v: [...others, visit].sort((a, b) => a.s - b.s) };
}

function forget(state: VisitsState): VisitsState {
  let kept = state;
  while (kept.v.length > VISITS_KEPT_MAX || (kept.v.length > 1 && JSON.stringify(kept.v).length > STATE_CHARS_MAX)) {
    const [oldest, ...rest] = kept.v;
    const sessions = labelled(oldest!);
    const first = sessions[0]!;
    const last = sessions.findLast(({ opening }) => opening.c !== 'direct');
    kept = {
      v: rest,
      n: (kept.n ?? 0) + sessions.length,
      f: earliest(kept.f, [first.atMs, first.opening])!,
      ...defined('l', latest(kept.l, last === undefined ? undefined : [last.atMs, last.opening])),
      h: Math.max(kept.h ?? 0, oldest!.e),
    };
  }
  return kept;
}

function defined<K extends string, T>(key: K, value: T | undefined): { [P in K]?: T } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: T });
}

import { COMPANY_ROLE_LENGTH_MAX } from '@segue/contract';
import type { Json, JsonObject } from '../../../platform/json.ts';
import { mergeTimedTraits, type TimedTraits, timeTraits } from '../profile-section.ts';

/** A personal value: sealed with the key of the node that said it, base64; when; and which node. */
export type SealedValue = [sealed: string, atMs: number, node: number];

/** What a company is known by, less what only the database adds. */
export interface CompanyState {
  /** Undefined when it is personal: then it is among `personal.groupId`. */
  readonly groupId: string | undefined;
  readonly traits: TimedTraits;
  readonly personal: { readonly groupId?: SealedValue; readonly traits: Readonly<Record<string, SealedValue>> };
  readonly firstMs: number;
  readonly lastMs: number;
}

/** Whether a profile belongs to a company, and as what. */
export interface Membership {
  readonly role: string | null;
  /** When the role was said; null: never. */
  readonly roleMs: number | null;
  /** First and last instant at which it was said that the profile belongs to the company. */
  readonly firstMs: number;
  readonly lastMs: number;
  readonly leftMs: number | null;
}

/** What was said under one identifier: maybe only that it left. */
export type SaidMembership = Omit<Membership, 'firstMs' | 'lastMs'> & {
  readonly firstMs: number | null;
  readonly lastMs: number | null;
};

/** Being seen again within a minute is not written down. */
const LAST_SEEN_STEP_MS = 60_000;

/** Last writer by event time, trait by trait, in whatever order they come. */
export function mergeCompanies(a: CompanyState, b: CompanyState): CompanyState {
  const personal: Record<string, SealedValue> = { ...a.personal.traits };
  for (const [name, theirs] of Object.entries(b.personal.traits)) {
    const ours = Object.hasOwn(personal, name) ? personal[name] : undefined;
    if (ours === undefined || isLater(theirs, ours)) personal[name] = theirs;
  }
  const groupId = a.personal.groupId ?? b.personal.groupId;
  return {
    groupId: a.groupId ?? b.groupId,
    traits: mergeTimedTraits(a.traits, b.traits),
    personal: { ...(groupId === undefined ? {} : { groupId }), traits: personal },
    firstMs: Math.min(a.firstMs, b.firstMs),
    lastMs: Math.max(a.lastMs, b.lastMs),
  };
}

function isLater([, a, ofA]: SealedValue, [, b, ofB]: SealedValue): boolean {
  return a === b ? ofA > ofB : a > b;
}

/** Whether the company as it is now says more than the one before, or only that it was seen within the same minute. */
export function isCompanyNews(before: CompanyState, now: CompanyState): boolean {
  if (now.firstMs < before.firstMs || now.lastMs >= before.lastMs + LAST_SEEN_STEP_MS) return true;
  return JSON.stringify([before.traits, before.personal]) !== JSON.stringify([now.traits, now.personal]);
}

/** Whether other traits are known of the company than before; of a personal one, that it was said again is enough. */
export function hasOtherTraits(before: CompanyState, now: CompanyState): boolean {
  const known = ({ traits, personal }: CompanyState) =>
    JSON.stringify([Object.entries(traits).map(([name, [value]]) => [name, value]), personal.traits]);
  return known(before) !== known(now);
}

export function isMembershipNews(before: Membership | undefined, now: Membership): boolean {
  if (before === undefined || isPresent(before) !== isPresent(now)) return true;
  if (now.firstMs < before.firstMs || now.lastMs >= before.lastMs + LAST_SEEN_STEP_MS) return true;
  return before.role !== now.role || before.roleMs !== now.roleMs || before.leftMs !== now.leftMs;
}

/** Of one profile, or of two that turned out to be one. Order and grouping do not matter. */
export function mergeMemberships(a: Membership, b: Membership): Membership {
  const newer = saidLater(b, a) ? b : a;
  return {
    role: newer.role,
    roleMs: newer.roleMs,
    firstMs: Math.min(a.firstMs, b.firstMs),
    lastMs: Math.max(a.lastMs, b.lastMs),
    leftMs: a.leftMs === null || b.leftMs === null ? (a.leftMs ?? b.leftMs) : Math.max(a.leftMs, b.leftMs),
  };
}

/** What a profile's identifiers say together; undefined where nobody said that it belongs. */
export function joinSaid(parts: readonly SaidMembership[]): Membership | undefined {
  const belonging = parts.flatMap(({ firstMs, lastMs, ...said }): Membership[] =>
    firstMs === null || lastMs === null ? [] : [{ ...said, firstMs, lastMs }],
  );
  if (belonging.length === 0) return undefined;
  const leftMs = Math.max(...parts.map((part) => part.leftMs ?? Number.NEGATIVE_INFINITY));
  return { ...belonging.reduce(mergeMemberships), leftMs: Number.isFinite(leftMs) ? leftMs : null };
}

function saidLater(a: Membership, b: Membership): boolean {
  if (a.roleMs === null || b.roleMs === null) return a.roleMs !== null;
  return a.roleMs === b.roleMs ? (a.role ?? '') > (b.role ?? '') : a.roleMs > b.roleMs;
}

/** Who left belongs again once that is said of a later instant. */
export function isPresent(membership: Membership): boolean {
  return membership.leftMs === null || membership.lastMs > membership.leftMs;
}

/** What one group call says of the company and of the profile in it. `personal` are its opened personal values. */
export function readGroup(said: {
  atMs: number;
  groupId: { value: string; isPersonal: boolean };
  traits: JsonObject;
  personal: JsonObject;
}): { company: Omit<CompanyState, 'personal'>; personal: JsonObject; membership: Membership } {
  const { atMs, groupId } = said;
  // `traits.role` is what the caller is in the company, not something of the company.
  const { role, ...traits } = said.traits;
  const { role: _personalRole, ...personal } = said.personal;
  return {
    company: {
      groupId: groupId.isPersonal ? undefined : groupId.value,
      traits: timeTraits(traits, atMs),
      firstMs: atMs,
      lastMs: atMs,
    },
    personal,
    membership: { ...roleOf(role, atMs), firstMs: atMs, lastMs: atMs, leftMs: null },
  };
}

function roleOf(role: Json | undefined, atMs: number): Pick<Membership, 'role' | 'roleMs'> {
  if (role === null) return { role: null, roleMs: atMs };
  if (typeof role !== 'string' || role.trim() === '') return { role: null, roleMs: null };
  // Cut in the midst of a character, the half would make the event that tells of it unreadable to the history.
  const kept = role
    .trim()
    .slice(0, COMPANY_ROLE_LENGTH_MAX)
    .replace(/\p{Surrogate}$/u, '');
  return { role: kept, roleMs: atMs };
}

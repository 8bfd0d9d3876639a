import { open, seal } from '../../platform/crypto/index.ts';
import { defineSection } from '../../platform/eventlog/index.ts';
import { isJsonObject, type Json, type JsonObject } from '../../platform/json.ts';

/** A trait's value and when it was said. A null is a trait taken back: it outlives older values. */
export type TimedValue = [value: Json, atMs: number];
export type TimedTraits = Record<string, TimedValue>;

/** What is known of a node beside whose it is; bits of one number. */
export const NODE_FLAGS = {
  /** Only claimed: typed by somebody, not said by a source that is trusted. */
  claimed: 1,
  /** Seen with a second user id: it identifies neither any more. */
  shared: 2,
  /** Seen with too many user ids in an hour: a till, a kiosk. */
  quarantined: 4,
} as const;

/** An identifier node of a profile. `atMs`: event time of the event that brought it; left out of old states. */
export type HeldNode = [kind: number, id: number, atMs?: number, flags?: number];

/** The profile's part of the subject's state. */
export interface ProfileState {
  nodes: HeldNode[];
  /** How many profiles were merged into this one, theirs included; left out when none. */
  merges?: number;
  /** Nodes of profiles that a member set apart from this one: no event joins them again. */
  apart?: number[];
  /** By shared node: user id nodes seen with it and when, of the last hour. */
  guests?: Record<string, [userNode: number, atMs: number][]>;
  /** The node whose key seals the personal traits. */
  anchor: number;
  firstSeenMs: number;
  lastSeenMs: number;
  /** Traits that are nobody's secret. */
  traits: TimedTraits;
  /** Personal traits: `TimedTraits` sealed with the anchor's key, base64; '' when there are none. */
  personal: string;
  /** Traits computed from what the profile did; they stand before what was said. */
  derived?: JsonObject;
}

export const profileSection = defineSection<ProfileState>('p');

export function newProfileState(nodes: readonly HeldNode[], atMs: number): ProfileState {
  return {
    nodes: [...nodes],
    anchor: nodes[0]![1],
    firstSeenMs: atMs,
    lastSeenMs: atMs,
    traits: {},
    personal: '',
  };
}

/** Last writer by event time, trait by trait; at the same instant the greater text, so that order never matters. */
export function mergeTimedTraits(a: TimedTraits, b: TimedTraits): TimedTraits {
  const merged: TimedTraits = { ...a };
  for (const [name, theirs] of Object.entries(b)) {
    const ours = ownTrait(merged, name);
    if (ours === undefined || isNewer(theirs, ours)) merged[name] = theirs;
  }
  return merged;
}

function isNewer(a: TimedValue, b: TimedValue): boolean {
  if (a[1] !== b[1]) return a[1] > b[1];
  return JSON.stringify(a[0]) > JSON.stringify(b[0]);
}

export function timeTraits(traits: JsonObject, atMs: number): TimedTraits {
  const timed: TimedTraits = {};
  for (const [name, value] of Object.entries(traits)) timed[name] = [value, atMs];
  return timed;
}

/** A trait may be called `constructor`: only what the object itself has counts. */
function ownTrait(traits: TimedTraits, name: string): TimedValue | undefined {
  return Object.hasOwn(traits, name) ? traits[name] : undefined;
}

/**
 * Clear and personal traits as one. A trait taken back is a clear null, whatever it was before, so the later of the two
 * stands. Of one instant they are parts of the same value (`company: { size, email }`) and are put together again.
 */
export function joinTraits(clear: TimedTraits, personal: TimedTraits): TimedTraits {
  const joined = mergeTimedTraits(clear, personal);
  for (const [name, theirs] of Object.entries(personal)) {
    const ours = ownTrait(clear, name);
    if (ours !== undefined && ours[1] === theirs[1]) joined[name] = [joinValue(ours[0], theirs[0]), ours[1]];
  }
  return joined;
}

function joinValue(clear: Json, personal: Json | undefined): Json {
  if (personal === undefined || personal === null) return clear;
  if (isJsonObject(clear) && isJsonObject(personal)) {
    const names = [...new Set([...Object.keys(clear), ...Object.keys(personal)])];
    return Object.fromEntries(names.map((name) => [name, joinField(clear, personal, name)]));
  }
  // Arrays were parted item by item, with a null where an item had nothing personal.
  if (Array.isArray(clear) && Array.isArray(personal)) return clear.map((item, i) => joinValue(item, personal[i]));
  return personal;
}

function joinField(clear: JsonObject, personal: JsonObject, name: string): Json {
  if (!Object.hasOwn(clear, name)) return personal[name]!;
  return joinValue(clear[name]!, Object.hasOwn(personal, name) ? personal[name] : undefined);
}

/** The traits as they stand: without those taken back. */
export function currentTraits(traits: TimedTraits): JsonObject {
  const current: JsonObject = {};
  for (const [name, [value]] of Object.entries(traits)) if (value !== null) current[name] = value;
  return current;
}

/** Opened with the anchor's key; nothing when the key was destroyed. */
export function openPersonal(state: ProfileState, key: Buffer | undefined): TimedTraits {
  if (state.personal === '' || key === undefined) return {};
  return JSON.parse(open(key, Buffer.from(state.personal, 'base64')).toString('utf8')) as TimedTraits;
}

export function sealPersonal(traits: TimedTraits, key: Buffer | undefined): string {
  if (key === undefined || Object.keys(traits).length === 0) return '';
  return seal(key, JSON.stringify(traits)).toString('base64');
}

import { open, seal } from '../../platform/crypto/index.ts';
import { defineSection, type NodeRef } from '../../platform/eventlog/index.ts';
import type { Json, JsonObject } from '../../platform/json.ts';

/** A trait's value and when it was said. A null is a trait taken back: it outlives older values. */
export type TimedValue = [value: Json, atMs: number];
export type TimedTraits = Record<string, TimedValue>;

/** The profile's part of the subject's state. */
export interface ProfileState {
  /** Identifier nodes: [kind, id]. */
  nodes: [number, number][];
  /** The node whose key seals the personal traits. */
  anchor: number;
  firstSeenMs: number;
  lastSeenMs: number;
  /** Traits that are nobody's secret. */
  traits: TimedTraits;
  /** Personal traits: `TimedTraits` sealed with the anchor's key, base64; '' when there are none. */
  personal: string;
}

export const profileSection = defineSection<ProfileState>('p');

export function newProfileState(nodes: readonly NodeRef[], atMs: number): ProfileState {
  return {
    nodes: nodes.map((node) => [node.kind, node.id]),
    anchor: nodes[0]!.id,
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
    const ours = merged[name];
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

import { open, type WorkspaceKeys } from '../../platform/crypto/index.ts';
import type {
  EventBatch,
  EventType,
  LoggedEvent,
  RebuildBatch,
  Stage,
  Subject,
} from '../../platform/eventlog/index.ts';
import type { JsonObject } from '../../platform/json.ts';
import { explainMerges, outcomeOf } from './identity-graph/explain-merges.ts';
import { openNodeKeys } from './node-directory.ts';
import {
  mergeTimedTraits,
  openPersonal,
  profileSection,
  type ProfileState,
  sealPersonal,
  timeTraits,
  type TimedTraits,
} from './profile-section.ts';

/** Traits of identify calls, last writer by event time, trait by trait; and when a profile was seen. */
export function createTraitsStage(keysOf: (workspaceId: number) => Promise<WorkspaceKeys>): Stage {
  return {
    name: 'traits',
    async run(batch) {
      const keys = await loadKeys(batch, keysOf);
      const outcomes = batch.merges.map((merge) => {
        const outcome = outcomeOf(merge, keys);
        mergeTraits(merge.from, merge.into, keys);
        return outcome;
      });
      await explainMerges(batch, outcomes, keys);
      for (const { event, subject } of batch.entries) {
        if (subject !== undefined && event.type !== 'internal') applyEvent(subject, event, keys);
      }
    },
    async rebuild(batch) {
      const nodes = batch.rebuilds.flatMap((subject) => (subject.get(profileSection)?.nodes ?? []).map(([, id]) => id));
      const keys = await openNodeKeys(
        { sql: batch.sql, workspaceId: batch.workspaceId, keys: await keysOf(batch.workspaceId) },
        nodes,
      );
      for (const subject of batch.rebuilds) await countAnew(batch, subject, keys);
    },
  };
}

const SAID_TYPES: readonly EventType[] = ['track', 'identify', 'page', 'screen', 'group', 'alias'];

/** Traits and when the profile was seen, from everything that was ever said under its nodes. */
async function countAnew(batch: RebuildBatch, subject: Subject, keys: ReadonlyMap<number, Buffer>): Promise<void> {
  const state = subject.get(profileSection);
  if (state === undefined) return;
  let seen: Seen | undefined;
  let traits: TimedTraits = {};
  let personal: TimedTraits = {};
  for await (const event of batch.history(subject, SAID_TYPES)) {
    const { occurredAt } = event;
    seen ??= { firstSeenMs: occurredAt, lastSeenMs: occurredAt };
    if (event.type === 'identify' || isNews(seen, occurredAt)) seen = seenAt(seen, occurredAt);
    if (event.type !== 'identify') continue;
    traits = mergeTimedTraits(traits, timeTraits(event.payload.traits ?? {}, occurredAt));
    personal = mergeTimedTraits(personal, timeTraits(openEventTraits(event, keys), occurredAt));
  }
  const anchor = anchorOf(state);
  subject.set(profileSection, {
    ...state,
    ...seen,
    anchor,
    traits,
    personal: sealPersonal(personal, keys.get(anchor)),
  });
}

/** Who lost the node that sealed the traits seals them with the strongest of those that are left. */
function anchorOf(state: ProfileState): number {
  if (state.nodes.some(([, id]) => id === state.anchor)) return state.anchor;
  const [strongest] = [...state.nodes].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  return strongest?.[1] ?? state.anchor;
}

/** Keys of every anchor and event whose personal traits will be opened or sealed: one query, none for most batches. */
async function loadKeys(
  batch: EventBatch,
  keysOf: (workspaceId: number) => Promise<WorkspaceKeys>,
): Promise<Map<number, Buffer>> {
  const nodes = new Set<number>();
  for (const { from, into } of batch.merges) {
    nodes.add(from.get(profileSection)!.anchor);
    nodes.add(into.get(profileSection)!.anchor);
  }
  for (const { event, subject } of batch.entries) {
    if (subject === undefined || event.type !== 'identify' || event.sealed === '') continue;
    nodes.add(event.nodes[0]!.id);
    nodes.add(subject.get(profileSection)!.anchor);
  }
  if (nodes.size === 0) return new Map();
  return openNodeKeys({ sql: batch.sql, workspaceId: batch.workspaceId, keys: await keysOf(batch.workspaceId) }, [
    ...nodes,
  ]);
}

function mergeTraits(from: Subject, into: Subject, keys: ReadonlyMap<number, Buffer>): void {
  const theirs = from.get(profileSection)!;
  const ours = into.get(profileSection)!;
  const personal = openPersonal(theirs, keys.get(theirs.anchor));
  into.set(profileSection, {
    ...withPersonal(ours, personal, keys),
    traits: mergeTimedTraits(ours.traits, theirs.traits),
  });
}

function withPersonal(state: ProfileState, traits: TimedTraits, keys: ReadonlyMap<number, Buffer>): ProfileState {
  if (Object.keys(traits).length === 0) return state;
  const key = keys.get(state.anchor);
  return { ...state, personal: sealPersonal(mergeTimedTraits(openPersonal(state, key), traits), key) };
}

/** Being seen again within a minute is not written down: most events change nothing else about a profile. */
const LAST_SEEN_STEP_MS = 60_000;

function applyEvent(subject: Subject, event: LoggedEvent, keys: ReadonlyMap<number, Buffer>): void {
  const state = subject.get(profileSection)!;
  if (!isNews(state, event.occurredAt) && event.type !== 'identify') return;
  const seen: ProfileState = { ...state, ...seenAt(state, event.occurredAt) };
  subject.set(profileSection, event.type === 'identify' ? withTraits(seen, event, keys) : seen);
}

type Seen = Pick<ProfileState, 'firstSeenMs' | 'lastSeenMs'>;

function isNews(seen: Seen, atMs: number): boolean {
  return atMs < seen.firstSeenMs || atMs >= seen.lastSeenMs + LAST_SEEN_STEP_MS;
}

function seenAt(seen: Seen, atMs: number): Seen {
  return { firstSeenMs: Math.min(seen.firstSeenMs, atMs), lastSeenMs: Math.max(seen.lastSeenMs, atMs) };
}

function withTraits(state: ProfileState, event: LoggedEvent, keys: ReadonlyMap<number, Buffer>): ProfileState {
  const clear = event.payload.traits ?? {};
  const traits = mergeTimedTraits(state.traits, timeTraits(clear, event.occurredAt));
  return { ...withPersonal(state, timeTraits(openEventTraits(event, keys), event.occurredAt), keys), traits };
}

function openEventTraits(event: LoggedEvent, keys: ReadonlyMap<number, Buffer>): JsonObject {
  const key = keys.get(event.nodes[0]!.id);
  if (event.sealed === '' || key === undefined) return {};
  const personal = JSON.parse(open(key, Buffer.from(event.sealed, 'base64')).toString('utf8')) as {
    traits?: JsonObject;
  };
  return personal.traits ?? {};
}

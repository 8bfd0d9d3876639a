import { createHash } from 'node:crypto';
import type { WorkspaceKeys } from '../../../platform/crypto/index.ts';
import {
  causedId,
  type EventBatch,
  finalOwners,
  type LoggedEvent,
  type NodeRef,
  type RebuildBatch,
  type Stage,
  type Subject,
} from '../../../platform/eventlog/index.ts';
import { newUuid } from '../../../platform/ids/index.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../platform/json.ts';
import { type ConsentProof, sealProof } from '../proof.ts';
import { wordsOfCategories } from './category-words.ts';
import { isHeard } from './heard-message.ts';
import { hearImports, isImported } from './hear-imports.ts';
import { hearWords } from './hear-words.ts';
import { openSealed } from './open-sealed.ts';
import {
  type Categories,
  isNews,
  mergeSignals,
  repeatedAt,
  signalsSection,
  type SignalsState,
  withSignal,
} from './profile-signals.ts';
import { type Decoded, decodeSignal, type RawSignal, readRawSignals } from './read-signals.ts';
import { sayWords, type SignalWord } from './say-words.ts';
import { readSignalSettings } from './settings-store.ts';
import {
  findLastSignals,
  handOverSignals,
  insertSignals,
  moveSignals,
  repeatSignals,
  type SignalRow,
} from './signal-store.ts';

/** The proof of a signal: as that of a record, and the string itself. */
export interface SignalProof extends ConsentProof {
  readonly raw?: string | undefined;
}

/** A signal that says something else than the last of its kind. */
interface News extends RawSignal {
  readonly event: LoggedEvent;
  readonly node: NodeRef;
  readonly profileId: string;
  readonly occurredAt: number;
  readonly fingerprint: string;
  readonly read: Decoded;
  /** What she allowed by category before. */
  readonly before: Categories | undefined;
  /** The signal that was the last, sent again since this one. */
  readonly repeated: ReturnType<typeof repeatedAt>;
}

/**
 * Hears what consent platforms, browsers and messages say about consent: TCF and GPP strings, categories, GPC, stop words,
 * WhatsApp's preferences. Runs after the consent stage, whose records it adds to.
 */
export const consentSignalsStage: Stage = {
  name: 'consent signals',
  hears: async () => (event) => isHeard(event) || isImported(event),
  async run(batch) {
    const finals = finalOwners(batch.merges);
    await mergeProfiles(batch, finals);
    const news = batch.entries.flatMap(({ event, subject }) =>
      subject === undefined || event.type === 'internal' ? [] : takeNews(batch, event, subject),
    );
    await recordSignals(batch, news);
    await hearCategories(batch, news);
    await hearImports(batch, finals);
    await hearWords(batch, finals);
  },
  rebuild,
};

async function mergeProfiles(batch: EventBatch, finals: ReadonlyMap<string, string>): Promise<void> {
  for (const { from, into } of batch.merges) {
    const merged = mergeSignals(into.get(signalsSection), from.get(signalsSection));
    if (merged !== undefined) into.set(signalsSection, merged);
  }
  const moves = [...finals].map(([fromId, intoId]) => ({ fromId, intoId }));
  await moveSignals(batch.sql, batch.workspaceId, moves);
}

function takeNews(batch: EventBatch, event: LoggedEvent, subject: Subject): News[] {
  const node = event.nodes[0];
  if (node === undefined) return [];
  return readRawSignals(event).flatMap((signal): News[] => {
    const state = subject.get(signalsSection);
    const fingerprint = createHash('sha256').update(signal.raw).digest('base64url').slice(0, 22);
    const occurredAt = Math.min(event.occurredAt, event.receivedAt, batch.now);
    if (!isNews(state, { ...signal, fingerprint, atMs: occurredAt })) {
      const seen = withSignal(state, { ...signal, fingerprint, atMs: occurredAt });
      if (seen !== state) subject.set(signalsSection, seen);
      return [];
    }
    // A browser without Global Privacy Control says nothing, unless it had it.
    if (signal.kind === 'gpc' && signal.raw === 'false' && state?.last.gpc === undefined) return [];
    const read = decodeSignal(signal);
    const repeated = repeatedAt(state, { ...signal, fingerprint, atMs: occurredAt });
    const categories = signal.kind === 'categories' ? (read.decoded as Categories | undefined) : undefined;
    subject.set(signalsSection, withSignal(state, { ...signal, fingerprint, atMs: occurredAt, categories }));
    return [
      {
        ...{ ...signal, event, node, profileId: subject.id, occurredAt, fingerprint, read },
        ...{ before: state?.categories?.[0], repeated },
      },
    ];
  });
}

async function recordSignals(batch: EventBatch, news: readonly News[]): Promise<void> {
  if (news.length === 0) return;
  const keys = await batch.keysOf(batch.workspaceId);
  const opened = await openSealed(
    batch,
    news.map(({ event }) => event),
  );
  const signals = news.map(({ event, read, raw, ...one }) => ({
    ...one,
    id: newUuid(batch.now),
    source: event.payload.source,
    cause: causedId('signal', event.id),
    decoded: read.decoded,
    error: read.error,
    proof: sealSignal(keys, { ...proofOf(event, opened.get(event)), raw }),
  }));
  await insertSignals(batch.sql, batch.workspaceId, { signals, nowMs: batch.now });
  const repeats = news.flatMap(({ repeated, kind, profileId, event }) =>
    repeated === undefined
      ? []
      : [{ ...repeated, kind, profileId, id: newUuid(batch.now), cause: causedId('signal sent again', event.id) }],
  );
  await repeatSignals(batch.sql, batch.workspaceId, { repeats, nowMs: batch.now });
}

function sealSignal(keys: WorkspaceKeys, proof: SignalProof): Buffer | undefined {
  return sealProof(keys, proof);
}

/** Where she said it: the page and the network address of the event. */
function proofOf(event: LoggedEvent, personal: JsonObject | undefined): ConsentProof {
  const context = event.payload.context;
  const sealed = personal?.['context'];
  const own = isJsonObject(sealed) ? sealed : undefined;
  const page = isJsonObject(context?.['page']) ? context['page'] : undefined;
  return { url: textOf(page?.['url']), ip: textOf(own?.['ip']), language: textOf(context?.['locale']) };
}

/** Categories that are mapped to topics become words about them. */
async function hearCategories(batch: EventBatch, news: readonly News[]): Promise<void> {
  const said = news.filter(({ kind, read }) => kind === 'categories' && read.decoded !== undefined);
  if (said.length === 0) return;
  const { categoryTopics } = await readSignalSettings(batch.sql, batch.workspaceId);
  if (categoryTopics.length === 0) return;
  const words = said.flatMap(({ event, node, profileId, occurredAt, read, before, raw }) =>
    wordsOfCategories(categoryTopics, read.decoded as Categories, before).map((word): SignalWord => ({
      ...word,
      profileId,
      node,
      occurredAt,
      source: 'cmp',
      proof: { ...proofOf(event, undefined), text: raw },
      eventId: causedId('cmp', event.id, word.channel, word.topic),
    })),
  );
  await sayWords(batch, words);
}

/** Signals go with the identifier they were said under; what is known of those that moved is found anew. */
async function rebuild(batch: RebuildBatch): Promise<void> {
  const { sql, workspaceId, handovers } = batch;
  const moves = handovers.flatMap(({ from, into, nodes }) =>
    nodes.map((node) => ({ nodeId: node.id, fromId: from.id, intoId: into.id })),
  );
  await handOverSignals(sql, workspaceId, moves);
  const moved = new Set(handovers.flatMap(({ from, into }) => [from.id, into.id]));
  const subjects = batch.rebuilds.filter((one) => moved.has(one.id) || one.get(signalsSection) === undefined);
  const rows = await findLastSignals(
    sql,
    workspaceId,
    subjects.map(({ id }) => id),
  );
  for (const subject of subjects) {
    const state = stateOfRows(rows.filter((row) => row.profile_id === subject.id));
    if (state !== undefined || subject.get(signalsSection) !== undefined) subject.set(signalsSection, state);
  }
}

/** Of one speaker the newest word counts; of several, who became one by merges, what all of them allow. */
function stateOfRows(rows: readonly SignalRow[]): SignalsState | undefined {
  const speakers = new Map<string, SignalsState>();
  for (const { said_by: speaker, kind, fingerprint, occurred_ms: atMs, decoded } of rows) {
    const categories = kind === 'categories' && decoded !== null ? (decoded as Categories) : undefined;
    speakers.set(speaker, withSignal(speakers.get(speaker), { kind, fingerprint, atMs, categories }));
  }
  return [...speakers.values()].reduce<SignalsState | undefined>(mergeSignals, undefined);
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

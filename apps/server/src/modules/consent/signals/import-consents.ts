import {
  CONSENT_IMPORT_MAX,
  type ConsentImportRow,
  consentImportRowSchema,
  findFaults,
  inPlainWords,
} from '@segue/contract';
import type { Ctx, Services } from '../../../platform/context.ts';
import { blindHash, type WorkspaceKeys } from '../../../platform/crypto/index.ts';
import type { TxCtx } from '../../../platform/eventlog/index.ts';
import { uuidText } from '../../../platform/ids/index.ts';
import { recordAudit } from '../../accounts/index.ts';
import type { Committer } from '../../events/index.ts';
import { type Identifier, type IdentifierReader, identifierReaderOf } from '../../profiles/index.ts';
import { addressHash, normaliseAddress } from '../address.ts';
import { findKnownTopics, unknownTopicMessage } from '../known-topics.ts';
import { ALL_TOPICS } from '../topic.ts';

/** The event an imported row becomes. Only Segue itself writes it. */
export const CONSENT_IMPORTED = 'Consent Imported';

/** How far a caller's clock may be ahead of ours. */
const AHEAD_MS_MAX = 60_000;
const ERRORS_SHOWN_MAX = 1_000;
/** Committed together: the log takes a few thousand events at a time. */
const COMMIT_ROWS_MAX = 1_000;
const ROW_BYTES = 400;

export interface RowError {
  /** From 1. */
  readonly row: number;
  readonly field: string;
  readonly message: string;
}

export type ReadRow =
  | {
      readonly kind: 'row';
      readonly row: ConsentImportRow;
      readonly identifier: Identifier;
      readonly address: string | undefined;
    }
  | { readonly kind: 'wrong'; readonly faults: readonly Omit<RowError, 'row'>[] };

type ReadEvent = Parameters<Committer['commit']>[0]['events'][number];

/** Understands one row, or says what is wrong with which field. Pure. */
export function readImportRow(
  raw: unknown,
  { reader, now, topics }: { reader: IdentifierReader; now: number; topics: ReadonlySet<string> },
): ReadRow {
  const parsed = consentImportRowSchema.safeParse(raw, { error: inPlainWords });
  if (!parsed.success) {
    const faults = findFaults(parsed.error.issues);
    return { kind: 'wrong', faults: faults.map(({ path, message }) => ({ field: path.join('.'), message })) };
  }
  const row = parsed.data;
  if (row.topic === ALL_TOPICS && row.status === 'granted') {
    return wrong('topic', 'name the topic: a yes to everything is none');
  }
  if (row.topic !== ALL_TOPICS && !topics.has(row.topic)) return wrong('topic', unknownTopicMessage(topics));
  if (Date.parse(row.occurredAt) > now + AHEAD_MS_MAX) {
    return wrong('occurredAt', 'lies in the future; give the time the customer said so');
  }
  const identifier = readIdentifier(row, reader);
  if (identifier === undefined) {
    return wrong(
      'identifier',
      `is nobody on the channel ${row.channel}; write an address like "ada@example.com" or "+4915112345678", or name the kind: "userId:4711"`,
    );
  }
  const address = row.isConfirmed && row.status === 'granted' ? confirmedAddress(row, identifier) : undefined;
  if (row.isConfirmed && row.status === 'granted' && address === undefined) {
    return wrong(
      'address',
      `give the address of the channel ${row.channel} it was confirmed for: it holds for that one only`,
    );
  }
  return { kind: 'row', row, identifier, address };
}

/** Normalised; the one named, else the identifier itself where it is an address of the channel. */
function confirmedAddress(row: ConsentImportRow, identifier: Identifier): string | undefined {
  if (row.address !== undefined) return normaliseAddress(row.channel, row.address);
  const isAddress = identifier.kind === (row.channel === 'email' ? 'email' : 'phone');
  return isAddress && (row.channel === 'email' || PHONE_CHANNELS.has(row.channel)) ? identifier.value : undefined;
}

function wrong(field: string, message: string): ReadRow {
  return { kind: 'wrong', faults: [{ field, message }] };
}

const PHONE_CHANNELS: ReadonlySet<string> = new Set(['sms', 'whatsapp', 'voice']);

/** `kind:value`, or the bare address of the channel. */
function readIdentifier(row: ConsentImportRow, reader: IdentifierReader): Identifier | undefined {
  const [, type, value] = /^([A-Za-z][\w.]*):(.+)$/s.exec(row.identifier) ?? [];
  const named = type === undefined ? undefined : (reader.kindOfType(type) ?? reader.kindOfType(type.toLowerCase()));
  if (named !== undefined) return reader.read(named, value);
  if (row.channel === 'email') return reader.read('email', row.identifier);
  return PHONE_CHANNELS.has(row.channel) ? reader.read('phone', row.identifier) : undefined;
}

/**
 * Takes what customers said elsewhere into the log: each good row becomes an event under its identifier, which makes a
 * profile where nobody had it, and whose id is made of the row, so that the same row is one event.
 */
export async function importConsents(
  ctx: TxCtx,
  deps: { services: Services; committer: Committer },
  rows: readonly unknown[],
): Promise<{ rows: number; accepted: number; failed: number; errors: RowError[] }> {
  const { workspaceId } = ctx;
  const now = ctx.clock.now();
  const keys = await ctx.keysOf(workspaceId);
  const reader = await identifierReaderOf(deps.services, workspaceId);
  const topics = await findKnownTopics(ctx.sql, workspaceId);
  const events: ReadEvent[] = [];
  const errors: RowError[] = [];
  let failed = 0;
  for (const [index, raw] of rows.slice(0, CONSENT_IMPORT_MAX).entries()) {
    const read = readImportRow(raw, { reader, now, topics });
    if (read.kind === 'row') {
      events.push(toEvent(read, { keys, now }));
      continue;
    }
    failed++;
    errors.push(...read.faults.map((fault) => ({ row: index + 1, ...fault })));
  }
  for (let from = 0; from < events.length; from += COMMIT_ROWS_MAX) {
    const part = events.slice(from, from + COMMIT_ROWS_MAX);
    await deps.committer.commit({ workspaceId, events: part, sizeBytes: part.length * ROW_BYTES });
  }
  const counted = { rows: rows.length, accepted: events.length, failed };
  await recordAudit(ctx, { action: 'consent.imported', subject: 'consents', detail: counted });
  return { ...counted, errors: errors.slice(0, ERRORS_SHOWN_MAX) };
}

export type ConsentRowReader = (
  raw: unknown,
) =>
  | { readonly kind: 'event'; readonly event: ReadEvent }
  | { readonly kind: 'wrong'; readonly faults: readonly Omit<RowError, 'row'>[] };

/** Reads rows one by one, by the rules and topics as they stand: each good one as the event it becomes. */
export async function openConsentRows(ctx: Ctx): Promise<ConsentRowReader> {
  const now = ctx.clock.now();
  const keys = await ctx.keysOf(ctx.workspaceId);
  const reader = await identifierReaderOf(ctx, ctx.workspaceId);
  const topics = await findKnownTopics(ctx.sql, ctx.workspaceId);
  return (raw) => {
    const read = readImportRow(raw, { reader, now, topics });
    return read.kind === 'row' ? { kind: 'event', event: toEvent(read, { keys, now }) } : read;
  };
}

function toEvent(
  { row, identifier, address }: Extract<ReadRow, { kind: 'row' }>,
  of: { keys: Pick<WorkspaceKeys, 'blind'>; now: number },
): ReadEvent {
  const { channel, topic, status, source, text, url, ip } = row;
  const occurredAt = Math.min(Date.parse(row.occurredAt), of.now);
  // Keyed: from a bare hash anybody could tell whether an address is on the list.
  const said = [identifier.kind, identifier.value, channel, topic, status, occurredAt, source, address ?? ''].join(
    '\n',
  );
  return {
    messageId: `import-${uuidText(blindHash(of.keys.blind, `consent import\n${said}`))}`,
    type: 'internal',
    name: CONSENT_IMPORTED,
    occurredAt,
    receivedAt: of.now,
    identifiers: [identifier],
    payload: {
      properties: {
        channel,
        topic,
        status,
        source,
        confirmed: address !== undefined,
        ...(address !== undefined && { address_hash: addressHash(of.keys, channel, address) }),
        ...(text !== undefined && { text }),
        ...(url !== undefined && { url }),
      },
    },
    personal: ip === undefined ? undefined : { properties: { ip } },
  };
}

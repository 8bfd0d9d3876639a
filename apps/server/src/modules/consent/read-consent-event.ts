import { causedId, type LoggedEvent } from '../../platform/eventlog/index.ts';
import type { Json, JsonObject } from '../../platform/json.ts';
import type { WordingRef } from './consent-store.ts';
import type { ConsentStatus } from './consent-status.ts';
import type { SuppressionReason } from './permission.ts';
import type { ConsentProof } from './proof.ts';
import { ALL_TOPICS } from './topic.ts';

/** What an event says about being written to, apart from whom it is about. */
export interface ReadWord {
  readonly kind: 'word';
  readonly channel: string;
  readonly topic: string;
  readonly status: ConsentStatus;
  readonly occurredAt: number;
  readonly source: string;
  readonly cause: string;
  readonly proof: ConsentProof;
  /** Said from the mailbox itself; only Segue's own pages can tell. */
  readonly isConfirmed: boolean;
  /** The address a yes was confirmed for; only Segue's own pages can tell. */
  readonly addressHash: string | undefined;
  readonly wording: WordingRef | undefined;
  /** The form it was said in asks for a confirmation, whatever the topic asks. */
  readonly asksConfirmation: boolean;
}

export interface ReadSuppression {
  readonly kind: 'suppression';
  readonly channel: string;
  readonly addressHash: string;
  readonly reason: SuppressionReason;
  readonly occurredAt: number;
  readonly source: string;
}

const SLUG = /^[a-z0-9][a-z0-9_-]{0,63}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const PROOF_LENGTH_MAX = 2_000;

/**
 * Reads a grant as narrowly and a denial as broadly as it was said: a grant must name channel and topic, a denial that
 * names no topic is about all of them. Bounces and complaints count only when Segue itself saw them: a public write key
 * may claim anything.
 */
export function readConsentEvent(event: LoggedEvent): ReadWord | ReadSuppression | undefined {
  if (event.type !== 'track' && event.type !== 'internal') return undefined;
  const properties = event.payload.properties ?? {};
  switch (event.name) {
    case 'Consent Updated':
      return readUpdate(event, properties);
    case 'Unsubscribed':
      return wordOf(event, properties, {
        channel: slugOf(properties.channel) ?? 'email',
        topic: slugOf(properties.topic) ?? ALL_TOPICS,
        status: 'denied',
      });
    case 'Email Bounced':
      return properties.permanent === true ? suppressionOf(event, properties, 'hard_bounce') : undefined;
    case 'Email Complained':
      return suppressionOf(event, properties, 'complaint');
    default:
      return undefined;
  }
}

function readUpdate(event: LoggedEvent, properties: JsonObject): ReadWord | undefined {
  const channel = slugOf(properties.channel);
  const topic = slugOf(properties.topic);
  const status = slugOf(properties.status);
  if (channel === undefined) return undefined;
  if (status === 'denied') return wordOf(event, properties, { channel, topic: topic ?? ALL_TOPICS, status });
  return status === 'granted' && topic !== undefined
    ? wordOf(event, properties, { channel, topic, status })
    : undefined;
}

function wordOf(
  event: LoggedEvent,
  properties: JsonObject,
  said: Pick<ReadWord, 'channel' | 'topic' | 'status'>,
): ReadWord {
  return {
    kind: 'word',
    ...said,
    occurredAt: Math.min(event.occurredAt, event.receivedAt),
    source: slugOf(properties.source) ?? 'event',
    cause: causeOfEvent(event.id),
    proof: { text: textOf(properties.text), url: textOf(properties.url), ip: textOf(properties.ip) },
    isConfirmed: event.type === 'internal' && properties.confirmed === true,
    addressHash: event.type === 'internal' ? hashOf(properties) : undefined,
    wording: wordingOf(properties),
    asksConfirmation: properties.double_opt_in === true,
  };
}

/** The cause of a word that came as this event. */
export function causeOfEvent(eventId: string): string {
  return causedId('event', eventId);
}

function suppressionOf(
  event: LoggedEvent,
  properties: JsonObject,
  reason: SuppressionReason,
): ReadSuppression | undefined {
  const addressHash = hashOf(properties);
  if (event.type !== 'internal' || addressHash === undefined) return undefined;
  return {
    kind: 'suppression',
    channel: 'email',
    addressHash,
    reason,
    occurredAt: event.occurredAt,
    source: 'receipt',
  };
}

function hashOf({ address_hash: hash }: JsonObject): string | undefined {
  return typeof hash === 'string' && UUID.test(hash) ? hash : undefined;
}

function wordingOf({ wording, wording_version: version }: JsonObject): WordingRef | undefined {
  const id = slugOf(wording);
  const isNumber = typeof version === 'number' && Number.isInteger(version) && version > 0 && version < 2 ** 31;
  return id === undefined || !isNumber ? undefined : { id, version };
}

function slugOf(value: Json | undefined): string | undefined {
  if (typeof value !== 'string') return undefined;
  const slug = value.trim().toLowerCase();
  return SLUG.test(slug) ? slug : undefined;
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value.slice(0, PROOF_LENGTH_MAX) : undefined;
}

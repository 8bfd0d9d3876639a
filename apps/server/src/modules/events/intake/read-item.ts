import type { EventPayload, EventType } from '../../../platform/eventlog/index.ts';
import { isJsonObject, type JsonObject } from '../../../platform/json.ts';
import type { Identifier, IdentifierReader } from '../../profiles/index.ts';
import { DEPTH_MAX, joinPersonal, partPersonal, TooDeep } from './personal.ts';
import { readIdentifiers } from './read-identifiers.ts';
import { type Sender, withFacts } from './sender.ts';
import { occurredAtMs } from './times.ts';

export const ITEM_BYTES_MAX = 32 * 1024;
const MESSAGE_ID_LENGTH_MAX = 100;
const NAME_LENGTH_MAX = 512;

/** An event as intake has understood it; its identifiers are not nodes yet, its personal values not sealed. */
export interface ReadEvent {
  readonly messageId: string | undefined;
  readonly type: EventType;
  readonly name: string;
  readonly occurredAt: number;
  readonly receivedAt: number;
  /** Strongest first, at least one; `payload.claims` are the places of those only claimed. */
  readonly identifiers: readonly Identifier[];
  readonly payload: EventPayload;
  /** Same shape as `payload`. */
  readonly personal: JsonObject | undefined;
}

export type ReadItem =
  | { readonly kind: 'event'; readonly event: ReadEvent }
  | { readonly kind: 'rejected'; readonly field: string; readonly message: string };

/** What holds for a whole request. */
export interface Envelope {
  readonly sentAt: unknown;
  readonly context: JsonObject | undefined;
  readonly receivedAtMs: number;
  /** The number of the source. */
  readonly source: number;
  /** Whether an email or phone is known to be the customer's; else it is only claimed. */
  readonly isTrusted: boolean;
  readonly reader: IdentifierReader;
  /** Whose connection it came over; undefined: not told. */
  readonly sender?: Sender | undefined;
}

/** Halves of surrogate pairs: two ids that differ only in these would be stored as the same. */
const BROKEN_TEXT = /\p{Surrogate}/u;

const TYPES: ReadonlySet<string> = new Set(['track', 'identify', 'page', 'screen', 'group', 'alias']);

/** Understands one item of a request, or says which field is wrong and what to do about it. Pure. */
export function readItem(item: unknown, type: unknown, envelope: Envelope): ReadItem {
  if (!isJsonObject(item)) return rejected('', 'is not an object; send one JSON object per event');
  if (typeof type !== 'string' || !TYPES.has(type)) {
    return rejected('type', 'must be track, identify, page, screen, group or alias; instead of merge send alias');
  }
  const eventType = type as EventType;
  const wrong = findWrongField(item, eventType);
  if (wrong !== undefined) return wrong;
  const { identifiers, claims } = readIdentifiers(item, eventType, envelope);
  if (identifiers.length === 0) {
    return rejected(
      'userId',
      'no usable identifier: send a userId or an anonymousId that is neither empty, nor a placeholder, nor longer than 512 characters',
    );
  }
  try {
    const parted = partItem(item, eventType, envelope);
    return {
      kind: 'event',
      event: {
        messageId: (item['messageId'] as string | null | undefined) ?? undefined,
        type: eventType,
        name: nameOf(item, eventType),
        occurredAt: occurredAtMs({
          timestamp: item['timestamp'] ?? item['originalTimestamp'],
          sentAt: item['sentAt'] ?? envelope.sentAt,
          receivedAtMs: envelope.receivedAtMs,
        }),
        receivedAt: envelope.receivedAtMs,
        identifiers,
        payload: claims === undefined ? parted.payload : { ...parted.payload, claims },
        personal: parted.personal,
      },
    };
  } catch (error) {
    if (error instanceof TooDeep) return rejected('', `is nested deeper than ${DEPTH_MAX} levels; flatten it`);
    throw error;
  }
}

function rejected(field: string, message: string): ReadItem {
  return { kind: 'rejected', field, message };
}

function findWrongField(item: JsonObject, type: EventType): ReadItem | undefined {
  if (!isMessageId(item['messageId']))
    return rejected('messageId', `must be a text of 1 to ${MESSAGE_ID_LENGTH_MAX} characters`);
  const event = item['event'];
  if (type === 'track' && (typeof event !== 'string' || event === ''))
    return rejected('event', 'a track event needs a name: a text');
  for (const field of ['properties', 'traits', 'context'] as const) {
    const value = item[field];
    if (value !== undefined && value !== null && !isJsonObject(value)) return rejected(field, 'must be an object');
  }
  if (type === 'group' && identifierText(item['groupId']) === undefined)
    return rejected('groupId', 'a group event needs a groupId: a text');
  if (type === 'alias' && identifierText(item['previousId']) === undefined)
    return rejected('previousId', 'an alias needs a previousId, who the customer was before: a text');
  return undefined;
}

function isMessageId(id: unknown): boolean {
  if (id === undefined || id === null) return true;
  return typeof id === 'string' && id !== '' && id.length <= MESSAGE_ID_LENGTH_MAX && !BROKEN_TEXT.test(id);
}

function identifierText(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function nameOf(item: JsonObject, type: EventType): string {
  const name = type === 'track' ? item['event'] : type === 'page' || type === 'screen' ? item['name'] : '';
  return typeof name === 'string' ? name.slice(0, NAME_LENGTH_MAX) : '';
}

function objectOf(value: unknown): JsonObject | undefined {
  return isJsonObject(value) ? value : undefined;
}

function partItem(
  item: JsonObject,
  type: EventType,
  envelope: Envelope,
): { payload: EventPayload; personal: JsonObject | undefined } {
  const payload: EventPayload = { source: envelope.source };
  const personal: JsonObject = {};
  const add = (field: 'properties' | 'traits' | 'context', value: JsonObject | undefined): void => {
    if (value === undefined) return;
    // A group's traits are a company's: its name is nobody's secret.
    const parted = partPersonal(value, field === 'traits' && type !== 'group' ? 'person' : 'thing');
    const sealed =
      field === 'traits' && type !== 'group' ? withoutIdentifiers(parted, envelope.reader.ownFields) : parted;
    payload[field] = sealed.clear;
    if (sealed.personal !== undefined) personal[field] = sealed.personal;
  };
  add('properties', withOwnFields(objectOf(item['properties']), item, type));
  add('traits', objectOf(item['traits']));
  add('context', withFacts(mergeContext(envelope.context, objectOf(item['context'])), envelope.sender));
  return { payload, personal: Object.keys(personal).length === 0 ? undefined : personal };
}

type Parted = ReturnType<typeof partPersonal>;

/** Traits that are identifiers of the workspace's own kinds say who she is, as her email does. */
function withoutIdentifiers({ clear, personal }: Parted, fields: ReadonlySet<string>): Parted {
  if (fields.size === 0) return { clear, personal };
  const own = Object.keys(clear).filter((name) => fields.has(name) && clear[name] !== null);
  if (own.length === 0) return { clear, personal };
  const left = { ...clear };
  const taken: JsonObject = { ...personal };
  for (const name of own) {
    taken[name] = joinPersonal(left[name]!, taken[name] ?? left[name]!);
    delete left[name];
  }
  return { clear: left, personal: taken };
}

/** What the protocol puts beside the properties, put into them. */
function withOwnFields(properties: JsonObject | undefined, item: JsonObject, type: EventType): JsonObject | undefined {
  if (type === 'group') return { ...properties, groupId: identifierText(item['groupId'])! };
  const category = item['category'];
  if ((type === 'page' || type === 'screen') && typeof category === 'string') return { category, ...properties };
  return properties;
}

/** A batch's context holds for each of its items; the item's own fields come first. Traits in it repeat what identify said. */
function mergeContext(ofBatch: JsonObject | undefined, own: JsonObject | undefined): JsonObject | undefined {
  if (ofBatch === undefined && own === undefined) return undefined;
  if (own !== undefined && !('traits' in own) && ofBatch === undefined) return own;
  const { traits: _repeated, ...context } = { ...ofBatch, ...own };
  return context;
}

import { createHash } from 'node:crypto';
import { open } from '../../../platform/crypto/index.ts';
import type { LoggedEvent } from '../../../platform/eventlog/index.ts';
import { publicId, uuidText } from '../../../platform/ids/index.ts';
import type { Json, JsonObject } from '../../../platform/json.ts';
import { joinPersonal } from '../intake/personal.ts';

/** `track.order_completed`, `segue.segment_entered`, `identify`: full-stop delimited, as standard-webhooks recommends. Pure. */
export function deliveryType(event: Pick<LoggedEvent, 'type' | 'name'>): string {
  const kind = event.type === 'internal' ? 'segue' : event.type;
  const name = event.type === 'track' || event.type === 'internal' ? slugOf(event.name) : '';
  return name === '' ? kind : `${kind}.${name}`;
}

function slugOf(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_|_$/g, '');
}

/** What is posted, less every personal value. Pure. */
export function deliveryBody(
  event: LoggedEvent,
  of: { profileId: string | undefined; sourceId: string | undefined },
): string {
  const { profileId, sourceId } = of;
  const { properties, traits, context } = event.payload;
  return JSON.stringify({
    type: deliveryType(event),
    timestamp: new Date(event.occurredAt).toISOString(),
    data: {
      event: {
        id: event.id,
        type: event.type,
        name: event.name,
        occurredAt: new Date(event.occurredAt).toISOString(),
        receivedAt: new Date(event.receivedAt).toISOString(),
        profileId: profileId === undefined ? null : publicId('prf', profileId),
        source: sourceId === undefined ? null : publicId('src', sourceId),
        ...(properties !== undefined && { properties }),
        ...(traits !== undefined && { traits }),
        ...(context !== undefined && { context }),
      },
    },
  });
}

/**
 * The body with the personal values put back where they were taken from. Without the key of their node (she was erased)
 * it stays as it is.
 */
export function openBody(body: string, sealed: Buffer | null, key: Buffer | undefined): string {
  if (sealed === null || key === undefined) return body;
  const whole = JSON.parse(body) as { data: { event: JsonObject } };
  const personal = JSON.parse(open(key, sealed).toString('utf8')) as Json;
  return JSON.stringify({ ...whole, data: { event: joinPersonal(whole.data.event, personal) } });
}

/**
 * One id for an endpoint and an event: in the order of receipt (as UUID version 7), and the same however often the event
 * is read. RFC 9562 §5.7, with a hash in place of the random part.
 */
export function deliveryId(
  endpointId: string,
  event: Pick<LoggedEvent, 'log' | 'lane' | 'seq' | 'receivedAt'>,
): string {
  const bytes = Buffer.alloc(16);
  createHash('sha256').update(`${endpointId}/${event.log}/${event.lane}/${event.seq}`).digest().copy(bytes, 6, 0, 10);
  bytes.writeUIntBE(Math.max(0, Math.floor(event.receivedAt)), 0, 6);
  bytes[6] = 0x70 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  return uuidText(bytes);
}

import type { TxCtx } from '../../../platform/eventlog/index.ts';
import { seal } from '../../../platform/crypto/index.ts';
import { newUuid } from '../../../platform/ids/index.ts';
import { isJsonObject, type Json } from '../../../platform/json.ts';
import { ownerOf } from '../apply/applying.ts';
import type { ConnectorRow } from '../connector-store.ts';
import { insertDeliveries, type NewDelivery } from '../inbox/inbox-store.ts';
import { sha256 } from '../signature.ts';
import { missingOf, placeOf, type SequenceState, takeSequence } from './device-sequence.ts';
import { type DeviceRow, moveDevice } from './device-store.ts';
import { dependsOnOrder, readPosItem } from './pos-item.ts';

const MISSING_SHOWN_MAX = 100;

export interface PosItemAnswer {
  readonly sequence: number | null;
  /** `early`: kept by the till, and sent again once what is missing has come. `refused`: never to be sent again. */
  readonly state: 'taken' | 'repeat' | 'early' | 'refused';
  readonly message?: string;
}

export interface PosBatchAnswer {
  readonly acceptedThrough: number;
  readonly missing: readonly number[];
  readonly items: readonly PosItemAnswer[];
}

/**
 * Writes down what a till sent, each item once. Sales may come in any order; what means something else before than after them
 * is taken only when everything before it has come.
 */
export async function takePosBatch(
  ctx: TxCtx,
  { connector, device, items }: { connector: ConnectorRow; device: DeviceRow; items: readonly Json[] },
): Promise<PosBatchAnswer> {
  const at = new Date(ctx.clock.now());
  const { wrapping } = await ctx.keysOf(ctx.workspaceId);
  let state: SequenceState = { through: device.through, ahead: device.ahead };
  const deliveries: NewDelivery[] = [];
  const answers: PosItemAnswer[] = [];
  for (const given of [...items].sort((a, b) => sequenceOf(a) - sequenceOf(b))) {
    const read = readPosItem(given);
    if (read.kind === 'nameless') {
      answers.push({ sequence: null, state: 'refused', message: read.message });
      continue;
    }
    const sequence = read.kind === 'item' ? read.item.sequence : read.sequence;
    const place = placeOf(state, sequence);
    if (place === 'repeat') {
      answers.push({ sequence, state: 'repeat' });
      continue;
    }
    const isEarly = place === 'ahead' && (read.kind !== 'item' || dependsOnOrder(read.item));
    if (place === 'too_far' || isEarly) {
      answers.push({ sequence, state: 'early', message: 'send what is missing first, then this again' });
      continue;
    }
    const item = placed(given, device);
    const body = Buffer.from(JSON.stringify(item));
    deliveries.push({
      ...{ id: newUuid(at.getTime()), topic: read.kind === 'item' ? read.item.kind : 'unfit' },
      ...{ deliveryKey: `${device.device} ${sequence}`, eventKey: undefined, bodySha256: sha256(body) },
      ...{ triggeredAt: null, receivedAt: at, raw: seal(wrapping, body) },
    });
    state = takeSequence(state, sequence);
    answers.push(
      read.kind === 'item' ? { sequence, state: 'taken' } : { sequence, state: 'refused', message: read.message },
    );
  }
  const of = ownerOf({ connector });
  await insertDeliveries(ctx.sql, of, deliveries);
  await moveDevice(ctx.sql, of, { device: device.device, state, at });
  return { acceptedThrough: state.through, missing: missingOf(state, MISSING_SHOWN_MAX), items: answers };
}

/** What does not say where it happened happened where the till stands. */
function placed(given: Json, { location }: DeviceRow): Json {
  if (!isJsonObject(given) || location === '' || given['location'] !== undefined) return given;
  const kinds: readonly Json[] = ['sale', 'refund', 'stock_count'];
  return kinds.includes(given['kind'] ?? null) ? { ...given, location } : given;
}

function sequenceOf(given: Json): number {
  const sequence = isJsonObject(given) ? given['sequence'] : undefined;
  return typeof sequence === 'number' ? sequence : Number.MAX_SAFE_INTEGER;
}

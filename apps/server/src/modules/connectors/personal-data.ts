import type { Ctx } from '../../platform/context.ts';
import { open, type WorkspaceKeys } from '../../platform/crypto/index.ts';
import type { TxCtx } from '../../platform/eventlog/index.ts';
import { isJsonObject, type Json, type JsonObject } from '../../platform/json.ts';
import type { PersonalDataKeeper, PersonalItem, PersonalSubject } from '../../platform/personal-data/index.ts';
import { identifierReaderOf } from '../profiles/index.ts';
import { NOBODY } from './customer-record.ts';
import { hashOfIdentifier, openWho, sealWho } from './apply/who.ts';
import { deleteDeliveries, listKeptRaw } from './inbox/inbox-store.ts';
import { parseLossless } from './lossless-json.ts';
import {
  deleteNaming,
  deleteWaitingOf,
  NAMING_TABLES,
  type NamingTable,
  pageNaming,
  unnameOrders,
} from './personal-store.ts';

const PAGE_ROWS = 200;

/** What connectors keeps about customers: whom orders, customers and carts of shops name, and deliveries that are not processed. */
export const connectorsPersonalData: PersonalDataKeeper = {
  name: 'connectors',
  untold: {
    connector_waiting: 'a copy of an order of hers that the book of orders tells; it goes once its product is known',
    connector_inbox: 'what a shop sent and is still to be processed; it is told as what becomes of it',
  },
  async *export(ctx, subject) {
    const keys = await ctx.keysOf(ctx.workspaceId);
    const hashes = hashesOf(keys, subject);
    if (hashes.length > 0) for (const table of NAMING_TABLES) yield* exportTable(ctx, { table, hashes, keys });
  },
  async erase(ctx, subject) {
    const keys = await ctx.keysOf(ctx.workspaceId);
    const hashes = hashesOf(keys, subject);
    const { sql, workspaceId } = ctx;
    let rows = await eraseDeliveries(ctx, { keys, subject });
    rows += await deleteWaitingOf(sql, workspaceId, hashes);
    rows += await unnameOrders(sql, workspaceId, { hashes, nobody: sealWho(keys, NOBODY) });
    rows += await deleteNaming(sql, workspaceId, { table: 'connector_customer', hashes });
    rows += await deleteNaming(sql, workspaceId, { table: 'connector_basket', hashes });
    return { rows };
  },
};

function hashesOf(keys: WorkspaceKeys, { identifiers }: PersonalSubject): Buffer[] {
  return identifiers.map((identifier) => hashOfIdentifier(keys, identifier));
}

async function* exportTable(
  ctx: Ctx,
  { table, hashes, keys }: { table: NamingTable; hashes: readonly Buffer[]; keys: WorkspaceKeys },
): AsyncIterable<PersonalItem> {
  for (let after = ''; ;) {
    const rows = await pageNaming(ctx.sql, ctx.workspaceId, { table, hashes, after, limit: PAGE_ROWS });
    for (const { who } of rows) yield { kind: KINDS[table], data: readable({ ...openWho(keys, who) }) };
    if (rows.length < PAGE_ROWS) return;
    after = rows.at(-1)!.place;
  }
}

const KINDS: Readonly<Record<NamingTable, string>> = {
  connector_order: 'shop_order_customer',
  connector_customer: 'shop_customer',
  connector_basket: 'shop_basket',
};

function readable(who: Record<string, string | undefined>): JsonObject {
  return Object.fromEntries(Object.entries(who).filter(([, value]) => value !== undefined)) as JsonObject;
}

/** Deliveries nobody has processed yet are opened one by one: what names her among them goes. */
async function eraseDeliveries(
  ctx: TxCtx,
  { keys, subject }: { keys: WorkspaceKeys; subject: PersonalSubject },
): Promise<number> {
  const reader = await identifierReaderOf(ctx, ctx.workspaceId);
  const wanted = new Set(subject.identifiers.map(({ kind, value }) => `${kind}\n${value}`));
  const isHers = (text: string): boolean =>
    ['email', 'phone', 'userId', 'anonymousId', 'loyaltyId'].some((kind) => {
      const read = reader.read(kind, text);
      return read !== undefined && wanted.has(`${kind}\n${read.value}`);
    });
  let erased = 0;
  for (let afterId: string | undefined; ;) {
    const rows = await listKeptRaw(ctx.sql, ctx.workspaceId, { afterId, limit: PAGE_ROWS });
    const hers = rows.filter(({ raw }) => namesHer(open(keys.wrapping, raw), isHers));
    erased += await deleteDeliveries(
      ctx.sql,
      ctx.workspaceId,
      hers.map(({ id }) => id),
    );
    if (rows.length < PAGE_ROWS) return erased;
    afterId = rows.at(-1)!.id;
  }
}

function namesHer(raw: Buffer, isHers: (text: string) => boolean): boolean {
  try {
    return someText(parseLossless(raw.toString('utf8')), isHers);
  } catch {
    // Of what cannot be read nobody can say whose it is.
    return true;
  }
}

function someText(value: Json, is: (text: string) => boolean): boolean {
  if (typeof value === 'string') return is(value);
  if (typeof value === 'number') return is(String(value));
  if (Array.isArray(value)) return value.some((one) => someText(one, is));
  return isJsonObject(value) && Object.values(value).some((one) => someText(one, is));
}

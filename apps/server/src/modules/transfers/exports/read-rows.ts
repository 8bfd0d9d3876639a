import type { Ctx } from '../../../platform/context.ts';
import { open } from '../../../platform/crypto/index.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../platform/json.ts';
import { publicId } from '../../../platform/ids/index.ts';
import { listConsentWords } from '../../consent/index.ts';
import { joinPersonal } from '../../events/index.ts';
import { listProfileIdsAfter, openNodeKeys, ownersOfNodes, type Profile, readProfiles } from '../../profiles/index.ts';
import { listMembers } from '../../segments/index.ts';
import type { ExportRow } from './export-store.ts';
import { type PastEvent, streamPast } from './history-sql.ts';

/** Read together: two dozen KB each at the most. */
const PAGE_PROFILES = 200;
const PAGE_EVENTS = 1_000;
const LATEST_MS = 8.64e15;

/** Told how many customers or events more were looked at, those that are left out too. */
type Look = (count: number) => Promise<void>;

/**
 * The rows of an export, page by page, as they stand when they are read: whoever was erased is gone by then, whoever is
 * restricted is left out.
 */
export function readRows(ctx: Ctx, row: ExportRow, look: Look): AsyncIterable<JsonObject[]> {
  switch (row.what) {
    case 'profiles':
      return profileRows(everybody(ctx, look));
    case 'segment':
      return profileRows(membersOf(ctx, row.segment_id!, look));
    case 'consents':
      return consentRows(ctx, row, look);
    case 'events':
    case 'orders':
      return eventRows(ctx, row, look);
  }
}

async function* everybody(ctx: Ctx, look: Look): AsyncIterable<Profile[]> {
  for (let afterId: string | null = null; ;) {
    const ids: string[] = await listProfileIdsAfter(ctx.sql, ctx.workspaceId, { afterId, limit: PAGE_PROFILES });
    if (ids.length === 0) return;
    yield await readOpen(ctx, ids);
    await look(ids.length);
    afterId = ids.at(-1)!;
  }
}

async function* membersOf(ctx: Ctx, segmentId: string, look: Look): AsyncIterable<Profile[]> {
  for (let afterId: string | null = null; ;) {
    const page = { segmentId, afterId, limit: PAGE_PROFILES };
    const rows: { profile_id: string }[] = await listMembers(ctx.sql, ctx.workspaceId, page);
    const ids = rows.map(({ profile_id }) => profile_id);
    if (ids.length === 0) return;
    yield await readOpen(ctx, ids);
    await look(ids.length);
    afterId = ids.at(-1)!;
  }
}

/** Those whose data may be used, in the order of `ids`. */
async function readOpen(ctx: Ctx, ids: readonly string[]): Promise<Profile[]> {
  const profiles = new Map((await readProfiles(ctx, ids)).map((profile) => [profile.id, profile]));
  return ids.flatMap((id) => profiles.get(id) ?? []).filter(({ restrictedMs }) => restrictedMs === undefined);
}

async function* profileRows(pages: AsyncIterable<Profile[]>): AsyncIterable<JsonObject[]> {
  for await (const profiles of pages) {
    yield profiles.map((profile) => ({
      ...whoOf(profile),
      profileCreatedAt: profile.createdAt.toISOString(),
      lastSeenAt: profile.lastSeenMs === undefined ? null : new Date(profile.lastSeenMs).toISOString(),
      traits: profile.traits,
    }));
  }
}

/** Under the names an import knows. */
function whoOf({ id, identifiers }: Profile): JsonObject {
  const first = (kind: string): Json => identifiers.find((one) => one.kind === kind)?.value ?? null;
  return {
    profileId: publicId('prf', id),
    userId: first('userId'),
    anonymousId: first('anonymousId'),
    email: first('email'),
    phone: first('phone'),
  };
}

async function* consentRows(ctx: Ctx, row: ExportRow, look: Look): AsyncIterable<JsonObject[]> {
  const [fromMs, toMs] = spanOf(row);
  for await (const profiles of everybody(ctx, look)) {
    const byId = new Map(profiles.map((profile) => [profile.id, profile]));
    const words = await listConsentWords(ctx, [...byId.keys()]);
    const asked = words.filter(({ occurredMs }) => occurredMs >= fromMs && occurredMs < toMs);
    yield asked.map(({ profileId, occurredMs, ...said }) => ({
      profileId: publicId('prf', profileId),
      identifier: identifierOf(byId.get(profileId)!, said.channel),
      ...said,
      occurredAt: new Date(occurredMs).toISOString(),
    }));
  }
}

/** As an import reads it: the address of the channel, else `kind:value`. */
function identifierOf({ identifiers }: Profile, channel: string): Json {
  const kind = channel === 'email' ? 'email' : ['sms', 'whatsapp', 'voice'].includes(channel) ? 'phone' : undefined;
  const address = identifiers.find((one) => one.kind === kind);
  if (address !== undefined) return address.value;
  const [first] = identifiers;
  return first === undefined ? null : `${first.kind}:${first.value}`;
}

async function* eventRows(ctx: Ctx, row: ExportRow, look: Look): AsyncIterable<JsonObject[]> {
  const waiting: PastEvent[] = [];
  const take = async (): Promise<JsonObject[]> => {
    const events = waiting.splice(0, PAGE_EVENTS);
    const rows = await presentEvents(ctx, row, events);
    await look(events.length);
    return rows;
  };
  for await (const piece of streamPast(ctx.history, pastOf(ctx, row))) {
    waiting.push(...piece);
    while (waiting.length >= PAGE_EVENTS) yield await take();
  }
  if (waiting.length > 0) yield await take();
}

/** Which events an export of events or orders holds. */
export function pastOf({ workspaceId }: Pick<Ctx, 'workspaceId'>, row: ExportRow): Parameters<typeof streamPast>[1] {
  const [fromMs, toMs] = spanOf(row);
  return { workspaceId, fromMs, toMs, isOrders: row.what === 'orders' };
}

function spanOf({ from_at, to_at }: ExportRow): [fromMs: number, toMs: number] {
  return [from_at?.getTime() ?? 0, to_at?.getTime() ?? LATEST_MS];
}

async function presentEvents(ctx: Ctx, row: ExportRow, events: readonly PastEvent[]): Promise<JsonObject[]> {
  const { sql, workspaceId } = ctx;
  const nodes = [...new Set(events.map(({ node }) => node))];
  const owners = await ownersOfNodes(sql, workspaceId, nodes);
  const profiles = new Map((await readOpen(ctx, [...new Set(owners.values())])).map((one) => [one.id, one]));
  const sealing = events.filter(({ sealed }) => sealed !== '').map(({ node }) => node);
  const keys = await openNodeKeys({ sql, workspaceId, keys: await ctx.keysOf(workspaceId) }, sealing);
  return events.flatMap((event) => {
    const profile = profiles.get(owners.get(event.node) ?? '');
    if (profile === undefined) return [];
    const said = openEvent(event, keys.get(event.node));
    const properties = isJsonObject(said['properties']) ? said['properties'] : {};
    const base = {
      ...whoOf(profile),
      messageId: event.message_id,
      timestamp: new Date(event.occurred_ms).toISOString(),
    };
    if (row.what === 'orders') return [flatOrder(base, properties)];
    return [{ ...base, eventType: event.type, event: event.name, properties }];
  });
}

/**
 * Flat, as an order is read back: one column for each thing an order has. What is called as a column that says whose it is
 * stays among its `properties`: an address there may be a friend's.
 */
function flatOrder(base: JsonObject, properties: JsonObject): JsonObject {
  const names = [...Object.keys(base), 'properties'].filter((name) => Object.hasOwn(properties, name));
  if (names.length === 0) return { ...base, ...properties };
  const inside = Object.fromEntries(names.map((name) => [name, properties[name]!]));
  return { ...base, ...properties, ...base, properties: inside };
}

function openEvent({ payload, sealed }: PastEvent, key: Buffer | undefined): JsonObject {
  const clear = JSON.parse(payload) as JsonObject;
  if (sealed === '' || key === undefined) return clear;
  const personal = JSON.parse(open(key, Buffer.from(sealed, 'base64')).toString('utf8')) as Json;
  const whole = joinPersonal(clear, personal);
  return isJsonObject(whole) ? whole : clear;
}

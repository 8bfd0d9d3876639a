import { currencySchema, roundAmountMinor } from '@segue/contract';
import { type EventBatch, finalOwners, type LoggedEvent } from '../../../platform/eventlog/index.ts';
import { findVariants, type VariantRow } from '../../catalog/index.ts';
import { noteFacts } from '../../profiles/index.ts';
import type { BasketOwner } from '../basket.ts';
import { insertBaskets, listOwn, lockBasketRows, lockOwners } from '../basket-store.ts';
import { joinLine, type Line, type LinePrice } from '../lines/line.ts';
import { lineKeyOf, type ThingNames, variantNamesOf } from '../lines/line-key.ts';
import { VIEWED_MAX } from '../lines/merge-lines.ts';
import { newBasket } from '../open-basket.ts';
import { putViews, stepVersions, trimViews, type View } from './view-store.ts';

/** What is too many is deleted with every so many views: readers ask for the newest only. */
const TRIM_EVERY = 16;
const VIEWED = 'Product Viewed';

interface Seen {
  readonly owner: { readonly profileId: string; readonly node: number };
  readonly event: LoggedEvent;
  readonly names: ThingNames;
}

/** Each product a customer looked at, at the newest instant: her recently viewed, from any source. */
export async function noteViews(batch: EventBatch): Promise<void> {
  const seen = seenIn(batch);
  if (seen.length === 0) return;
  const { sql, workspaceId } = batch;
  const variants = await findVariants(
    sql,
    workspaceId,
    seen.map(({ names }) => variantNamesOf(names)),
  );
  const baskets = await ensureViewed(batch, seen);
  const views = new Map<string, View>();
  for (const [at, one] of seen.entries()) {
    const basketId = baskets.get(one.owner.profileId);
    const line = lineOf(one, variants[at], batch.now);
    if (basketId === undefined || line === undefined) continue;
    const name = `${basketId} ${line.key}`;
    const known = views.get(name);
    views.set(name, { basketId, line: known === undefined ? line : joinLine(known.line, line) });
  }
  const ids = [...new Set([...views.values()].map(({ basketId }) => basketId))].sort();
  await lockBasketRows(sql, workspaceId, ids);
  const versions = await stepVersions(sql, workspaceId, { ids, at: new Date(batch.now) });
  await putViews(
    sql,
    workspaceId,
    [...views.values()].map((view) => ({ ...view, seq: versions.get(view.basketId)! })),
  );
  const full = ids.filter((id) => versions.get(id)! % TRIM_EVERY === 0);
  await trimViews(sql, workspaceId, { ids: full, keep: VIEWED_MAX });
  await noteFacts(batch, baskets.keys(), ['$baskets']);
}

function seenIn(batch: EventBatch): Seen[] {
  const finals = finalOwners(batch.merges);
  return batch.entries.flatMap(({ event, subject }): Seen[] => {
    const node = event.nodes[0];
    if (event.type !== 'track' || event.name !== VIEWED || subject === undefined || node === undefined) return [];
    const said = event.payload.properties ?? {};
    const names = {
      productId: textOf(said['product_id']),
      sku: textOf(said['sku']),
      variantId: textOf(said['variant_id']),
    };
    if (Object.values(names).every((name) => name === undefined)) return [];
    return [{ owner: { profileId: finals.get(subject.id) ?? subject.id, node: node.id }, event, names }];
  });
}

/** Whatever a browser sends: texts and numbers that can be kept. */
function textOf(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && text !== '' && text.length <= 200 ? text : undefined;
}

function lineOf({ event, names }: Seen, variant: VariantRow | undefined, nowMs: number): Line | undefined {
  const key = lineKeyOf('viewed', names, variant);
  if (key === undefined) return undefined;
  const said = event.payload.properties ?? {};
  const atMs = Math.min(event.occurredAt, nowMs);
  return {
    ...{ key, quantity: 1, note: null, price: priceOf(said), addedAtMs: atMs, saidAtMs: atMs, saidBy: 'viewed' },
    ...{ variantId: variant?.id ?? null, productRef: names.productId ?? null, variantRef: names.variantId ?? null },
    sku: variant?.sku ?? names.sku ?? null,
    name: variant?.productTitle ?? textOf(said['name']) ?? null,
  };
}

/** The price she saw. */
function priceOf(said: NonNullable<LoggedEvent['payload']['properties']>): LinePrice | null {
  const { price } = said;
  const { data: currency } = currencySchema.safeParse(said['currency']);
  if (typeof price !== 'number' || currency === undefined) return null;
  const amountMinor = roundAmountMinor(price, currency);
  return amountMinor === undefined || amountMinor < 0 ? null : { amountMinor, currency };
}

/** The list of each profile; who has none gets one. */
async function ensureViewed(batch: EventBatch, seen: readonly Seen[]): Promise<Map<string, string>> {
  const { sql, workspaceId, now } = batch;
  const owners = new Map<string, BasketOwner & { profileId: string }>();
  for (const { owner } of seen) if (!owners.has(owner.profileId)) owners.set(owner.profileId, owner);
  const listsOf = async (profileIds: readonly string[]) =>
    (await listOwn(sql, workspaceId, profileIds)).filter(({ kind }) => kind === 'viewed');
  const lists = await listsOf([...owners.keys()]);
  const known = new Set(lists.map((row) => row.profile_id));
  const missing = [...owners.values()].filter(({ profileId }) => !known.has(profileId));
  if (missing.length > 0) {
    const ids = missing.map(({ profileId }) => profileId);
    await lockOwners(sql, workspaceId, ids);
    const fresh = missing.map((owner) =>
      newBasket(now, { kind: 'viewed', owner, isLinked: true, channel: 'web', source: 'viewed' }),
    );
    // Whoever was quicker has opened it: then nothing is stored here, and it is found.
    await insertBaskets(sql, workspaceId, fresh);
    lists.push(...(await listsOf(ids)));
  }
  return new Map(lists.map((row) => [row.profile_id, row.id]));
}

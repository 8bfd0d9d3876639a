import { hashOf } from '../apply/hash-of.ts';
import type { JsonObject } from '../../../platform/json.ts';
import type { PushOutcome, StockPush } from '../connector.ts';
import { instantOf, objectOf, objectsOf, textOf, wholeOf } from '../payload.ts';
import type { ShopifyApi } from './shopify-api.ts';

/** From this version on what is replaced is said as `changeFromQuantity`, under a key that makes a repeat do nothing. */
const CHANGE_FROM_VERSION = '2026-01';
const STALE: ReadonlySet<string> = new Set(['CHANGE_FROM_QUANTITY_STALE', 'COMPARE_QUANTITY_STALE']);

const SET = `mutation Set($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    userErrors { code field message }
  }
}`;
const SET_BEFORE = `mutation Set($input: InventorySetQuantitiesInput!) {
  inventorySetQuantities(input: $input) { userErrors { code field message } }
}`;

/**
 * Sets what is available by compare-and-swap (shopify.dev, `inventorySetQuantities`). Shopify takes a call whole or not at all: the
 * ones it finds fault with are left out of a second one.
 */
export async function pushShopifyStock(api: ShopifyApi, pushes: readonly StockPush[]): Promise<PushOutcome[]> {
  const outcomes = new Map<StockPush, PushOutcome>();
  // Before that version a call compares all of its quantities, or none.
  const calls =
    api.version >= CHANGE_FROM_VERSION
      ? [pushes]
      : [pushes.filter(isCompared), pushes.filter((push) => !isCompared(push))];
  for (const call of calls) await pushAll(api, call, outcomes);
  return pushes.map((push) => outcomes.get(push)!);
}

function isCompared({ expected }: StockPush): boolean {
  return expected !== undefined && expected !== null;
}

async function pushAll(
  api: ShopifyApi,
  pushes: readonly StockPush[],
  outcomes: Map<StockPush, PushOutcome>,
): Promise<void> {
  let left = [...pushes];
  while (left.length > 0) {
    const faults = await setQuantities(api, left);
    if (faults.size === 0) {
      for (const push of left) outcomes.set(push, { kind: 'set' });
      break;
    }
    const stale = left.filter((_push, at) => STALE.has(faults.get(at)?.code ?? ''));
    const now = await readQuantities(api, stale);
    for (const [at, { code, message }] of faults) {
      const push = left[at]!;
      const outcome: PushOutcome = STALE.has(code)
        ? { kind: 'stale', ...(now.get(push) ?? { quantity: undefined }) }
        : { kind: 'refused', reason: message };
      outcomes.set(push, outcome);
    }
    left = left.filter((push) => !outcomes.has(push));
  }
}

type Faults = ReadonlyMap<number, { readonly code: string; readonly message: string }>;

async function setQuantities(api: ShopifyApi, pushes: readonly StockPush[]): Promise<Faults> {
  const isNew = api.version >= CHANGE_FROM_VERSION;
  const quantities = pushes.map(({ itemRef, locationRef, quantity, expected = null }) => ({
    inventoryItemId: `gid://shopify/InventoryItem/${itemRef}`,
    locationId: `gid://shopify/Location/${locationRef ?? ''}`,
    quantity,
    ...(isNew ? { changeFromQuantity: expected } : { compareQuantity: expected }),
  }));
  const [first] = pushes;
  const input: JsonObject = {
    ...{ name: 'available', reason: 'correction', referenceDocumentUri: `segue://stock/${first!.key}` },
    quantities,
    ...(!isNew && !pushes.some(isCompared) && { ignoreCompareQuantity: true }),
  };
  const data = await api.graphql(isNew ? SET : SET_BEFORE, isNew ? { input, key: keyOf(pushes) } : { input });
  const errors = objectsOf(objectOf(data['inventorySetQuantities'])?.['userErrors']);
  return new Map(
    errors.map((error) => {
      const message = textOf(error['message']) ?? 'no reason given';
      return [placeOf(error), { code: textOf(error['code']) ?? '', message }] as const;
    }),
  );
}

/** `["input", "quantities", "3", "quantity"]`; what names no place is about the first. */
function placeOf(error: JsonObject): number {
  const path = Array.isArray(error['field']) ? error['field'] : [];
  return wholeOf(path[path.indexOf('quantities') + 1]) ?? 0;
}

/** Of the same things in the same call it is the same: a key that is used for others is refused. */
function keyOf(pushes: readonly StockPush[]): string {
  return pushes.length === 1 ? pushes[0]!.key : hashOf(pushes.map(({ key }) => key));
}

/** What the shop has of them just now. */
async function readQuantities(
  api: ShopifyApi,
  pushes: readonly StockPush[],
): Promise<Map<StockPush, { quantity: number; atMs: number | undefined }>> {
  const known = new Map<StockPush, { quantity: number; atMs: number | undefined }>();
  const asked = pushes.filter((push) => /^\d+$/.test(push.itemRef) && /^\d+$/.test(push.locationRef ?? ''));
  if (asked.length === 0) return known;
  const fields = asked.map(
    ({ itemRef, locationRef }, at) => `p${at}: inventoryItem(id: "gid://shopify/InventoryItem/${itemRef}") {
      inventoryLevel(locationId: "gid://shopify/Location/${locationRef}") { updatedAt quantities(names: ["available"]) { quantity } } }`,
  );
  const data = await api.graphql(`query { ${fields.join('\n')} }`, {});
  for (const [at, push] of asked.entries()) {
    const level = objectOf(objectOf(data[`p${at}`])?.['inventoryLevel']);
    const quantity = wholeOf(objectsOf(level?.['quantities'])[0]?.['quantity']);
    if (quantity !== undefined) known.set(push, { quantity, atMs: instantOf(level?.['updatedAt']) });
  }
  return known;
}

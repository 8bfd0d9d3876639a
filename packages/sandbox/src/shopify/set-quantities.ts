import { badRequest } from './graphql-connection.ts';
import { numberOf } from './graphql-nodes.ts';
import type { ShopifyShop } from './shopify-shop.ts';
import { levelKey, type ShopifyLevel } from './shopify-state.ts';
import { moveStock } from './stock-verbs.ts';

export interface QuantityInput {
  readonly inventoryItemId: string;
  readonly locationId: string;
  readonly quantity: number;
  readonly changeFromQuantity?: number | null;
  readonly compareQuantity?: number | null;
}

export interface SetQuantitiesInput {
  readonly name: string;
  readonly reason: string;
  readonly referenceDocumentUri?: string | null;
  readonly ignoreCompareQuantity?: boolean;
  readonly quantities: readonly QuantityInput[];
}

interface QuantityFault {
  readonly code: string;
  readonly field: readonly string[];
  readonly message: string;
}

export interface SetQuantitiesAnswer {
  readonly inventoryAdjustmentGroup: object | null;
  readonly userErrors: readonly QuantityFault[];
}

const MOST = 1_000_000_000;
const NAMES: ReadonlySet<string> = new Set(['available', 'on_hand']);
const REASONS: ReadonlySet<string> = new Set([
  ...['correction', 'cycle_count_available', 'damaged', 'movement_created', 'movement_updated', 'movement_received'],
  ...['movement_canceled', 'other', 'promotion', 'quality_control', 'received', 'reservation_created', 'restock'],
  ...['reservation_deleted', 'reservation_updated', 'safety_stock', 'shrinkage'],
]);

/** Sets quantities whole or not at all, each only if it still is what its caller thinks (shopify.dev, `inventorySetQuantities`). */
export function setQuantities(shop: ShopifyShop, input: SetQuantitiesInput, version: string): SetQuantitiesAnswer {
  const faults = [
    ...faultsOfInput(input),
    ...input.quantities.flatMap((one, at) => faultOf(shop, { one, at, input, version }) ?? []),
  ];
  if (faults.length > 0) return { inventoryAdjustmentGroup: null, userErrors: faults };
  const head = shop.begin();
  const changes = input.quantities.map((one) => {
    const level = levelOf(shop, one)!;
    return { ...level, available: one.quantity - heldOf(level, input.name), committed: 0 };
  });
  moveStock(shop, head, changes);
  const { reason, referenceDocumentUri = null } = input;
  return {
    inventoryAdjustmentGroup: {
      ...{ createdAt: new Date(head.atMs).toISOString(), reason, referenceDocumentUri },
      changes: changes.map(({ available }, at) => ({
        ...{ name: input.name, delta: available, quantityAfterChange: input.quantities[at]?.quantity },
      })),
    },
    userErrors: [],
  };
}

const levelOf = (shop: ShopifyShop, one: QuantityInput): ShopifyLevel | undefined =>
  shop.state.levels.get(levelKey(numberOf(one.inventoryItemId), numberOf(one.locationId)));

const heldOf = ({ available, committed }: ShopifyLevel, name: string): number =>
  name === 'on_hand' ? available + committed : available;

function faultsOfInput({ name, reason, referenceDocumentUri, quantities }: SetQuantitiesInput): QuantityFault[] {
  const faults: QuantityFault[] = [];
  if (!NAMES.has(name))
    faults.push({ code: 'INVALID_NAME', field: ['input', 'name'], message: 'The quantity name is invalid.' });
  if (!REASONS.has(reason))
    faults.push({ code: 'INVALID_REASON', field: ['input', 'reason'], message: 'The specified reason is invalid.' });
  if (typeof referenceDocumentUri === 'string' && !/^[a-z][a-z0-9+.-]*:\/\/\S+$/i.test(referenceDocumentUri))
    faults.push({
      ...{ code: 'INVALID_REFERENCE_DOCUMENT', field: ['input', 'referenceDocumentUri'] },
      message: 'The specified reference document is invalid.',
    });
  const pairs = quantities.map((one) => levelKey(numberOf(one.inventoryItemId), numberOf(one.locationId)));
  const twice = pairs.findIndex((pair, at) => pairs.indexOf(pair) !== at);
  if (twice >= 0)
    faults.push({
      ...{
        code: 'NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR',
        field: ['input', 'quantities', String(twice), 'locationId'],
      },
      message: 'The combination of inventoryItemId and locationId must be unique.',
    });
  return faults;
}

function faultOf(
  shop: ShopifyShop,
  { one, at, input, version }: { one: QuantityInput; at: number; input: SetQuantitiesInput; version: string },
): QuantityFault | undefined {
  const fault = (code: string, name: string, message: string): QuantityFault => ({
    ...{ code, field: ['input', 'quantities', String(at), name], message },
  });
  if (!shop.state.items.has(numberOf(one.inventoryItemId)))
    return fault('INVALID_INVENTORY_ITEM', 'inventoryItemId', 'The specified inventory item could not be found.');
  if (!shop.state.locations.has(numberOf(one.locationId)))
    return fault('INVALID_LOCATION', 'locationId', 'The specified location could not be found.');
  const level = levelOf(shop, one);
  if (level === undefined)
    return fault(
      'ITEM_NOT_STOCKED_AT_LOCATION',
      'locationId',
      'The specified inventory item is not stocked at the location.',
    );
  if (one.quantity < 0) return fault('INVALID_QUANTITY_NEGATIVE', 'quantity', "The quantity can't be negative.");
  if (one.quantity > MOST)
    return fault('INVALID_QUANTITY_TOO_HIGH', 'quantity', "The quantity can't be higher than 1,000,000,000.");
  return staleFault({ one, at, input, version, held: heldOf(level, input.name) });
}

/** What is compared is called otherwise from 2026-01 on, and must be said from 2026-04 on: null opts out. */
function staleFault(of: {
  one: QuantityInput;
  at: number;
  input: SetQuantitiesInput;
  version: string;
  held: number;
}): QuantityFault | undefined {
  const { one, at, input, version, held } = of;
  const field = (name: string) => ['input', 'quantities', String(at), name];
  const { changeFromQuantity, compareQuantity } = one;
  if (changeFromQuantity !== undefined) {
    if (changeFromQuantity === null || changeFromQuantity === held) return undefined;
    const message = 'The changeFromQuantity argument no longer matches the persisted quantity.';
    return { code: 'CHANGE_FROM_QUANTITY_STALE', field: field('changeFromQuantity'), message };
  }
  if (version >= '2026-04')
    throw badRequest('InventoryQuantityInput must include the following argument: changeFromQuantity.');
  if (input.ignoreCompareQuantity === true) return undefined;
  if (compareQuantity === undefined || compareQuantity === null) {
    const message =
      'The compareQuantity argument must be given to each quantity or ignored using ignoreCompareQuantity.';
    return { code: 'COMPARE_QUANTITY_REQUIRED', field: field('compareQuantity'), message };
  }
  if (compareQuantity === held) return undefined;
  const message = 'The compareQuantity argument no longer matches the persisted quantity.';
  return { code: 'COMPARE_QUANTITY_STALE', field: field('compareQuantity'), message };
}

import type { Json } from '../../../platform/json.ts';
import type { NormaliseContext } from '../connector.ts';
import { instantOf, requireId, requireObject, textOf, wholeOf } from '../payload.ts';
import type { ShopLevel, ShopLocation } from '../product-record.ts';

/** `inventory_levels/*`: what is available of an item at a place. No variant and no difference is said. */
export function readShopifyLevel(payload: Json, context: NormaliseContext, isGone: boolean): ShopLevel {
  const level = requireObject(payload, 'the level');
  const available = wholeOf(level['available']);
  return {
    of: { kind: 'inventory_item', id: requireId(level['inventory_item_id'], 'the item of the level') },
    locationId: requireId(level['location_id'], 'the location of the level'),
    // Null: connected, and not counted yet.
    quantity: isGone ? null : (available ?? 0),
    atMs: instantOf(level['updated_at']) ?? context.triggeredAtMs ?? context.receivedAtMs,
  };
}

/** `locations/*`. */
export function readShopifyLocation(payload: Json, context: NormaliseContext, isActive: boolean): ShopLocation {
  const location = requireObject(payload, 'the location');
  const street = [textOf(location['address1']), textOf(location['address2'])].filter((line) => line !== undefined);
  const id = requireId(location['id'], 'the location');
  return {
    id,
    atMs: instantOf(location['updated_at']) ?? context.triggeredAtMs ?? context.receivedAtMs,
    name: textOf(location['name']) ?? id,
    isActive: isActive && location['active'] !== false && (location['deleted_at'] ?? null) === null,
    country: textOf(location['country_code']) ?? textOf(location['country']),
    city: textOf(location['city']),
    postcode: textOf(location['zip']),
    street: street.length === 0 ? undefined : street.join(', '),
  };
}

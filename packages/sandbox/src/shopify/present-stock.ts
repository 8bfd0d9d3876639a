import { instantText } from './instant.ts';
import type { ShopifyIdentity } from './shopify-shop.ts';
import type { ShopifyItem, ShopifyLevel, ShopifyLocation } from './shopify-state.ts';
import type { ShopifyObject } from './write-json.ts';

export function presentLocation({ utcOffsetMinutes }: ShopifyIdentity, location: ShopifyLocation): ShopifyObject {
  const { id, name, city, countryCode, isActive } = location;
  return {
    ...{ id: BigInt(id), name, address1: null, address2: null, city, zip: null, province: null, country: countryCode },
    ...{ phone: null, created_at: instantText(location.createdAtMs, utcOffsetMinutes) },
    updated_at: instantText(location.updatedAtMs, utcOffsetMinutes),
    ...{ country_code: countryCode, country_name: countryCode, province_code: null, legacy: false, active: isActive },
    admin_graphql_api_id: `gid://shopify/Location/${id}`,
  };
}

export function presentLevel({ utcOffsetMinutes }: ShopifyIdentity, level: ShopifyLevel): ShopifyObject {
  const { itemId, locationId, available } = level;
  return {
    ...{ inventory_item_id: BigInt(itemId), location_id: BigInt(locationId), available },
    updated_at: instantText(level.updatedAtMs, utcOffsetMinutes),
    admin_graphql_api_id: levelGid(level),
  };
}

export const levelGid = ({ itemId, locationId }: Pick<ShopifyLevel, 'itemId' | 'locationId'>): string =>
  `gid://shopify/InventoryLevel/${locationId}?inventory_item_id=${itemId}`;

export function presentItem({ utcOffsetMinutes }: ShopifyIdentity, item: ShopifyItem): ShopifyObject {
  const { id, sku, isTracked } = item;
  return {
    ...{ id: BigInt(id), sku, created_at: instantText(item.createdAtMs, utcOffsetMinutes) },
    updated_at: instantText(item.updatedAtMs, utcOffsetMinutes),
    ...{ requires_shipping: true, cost: null, country_code_of_origin: null, province_code_of_origin: null },
    ...{ harmonized_system_code: null, tracked: isTracked, country_harmonized_system_codes: [] },
    admin_graphql_api_id: `gid://shopify/InventoryItem/${id}`,
  };
}

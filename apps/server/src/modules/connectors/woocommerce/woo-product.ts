import type { Json, JsonObject } from '../../../platform/json.ts';
import type { NormaliseContext } from '../connector.ts';
import { gmtOf, idOrNone, objectsOf, requireId, requireObject, textOf, wholeOf } from '../payload.ts';
import { decodeEntities, textOfHtml } from '../plain-text.ts';
import type { ShopLevel, ShopProduct, ShopVariant } from '../product-record.ts';
import { readAmount } from '../read-amount.ts';
import type { ShopRecord } from '../records.ts';

/**
 * A product of WooCommerce, and its stock: of a simple one it is itself the variant; the variations of a variable one are told
 * apart (REST API v3, "Products", "Product variations").
 */
export function readWooProduct(payload: Json, context: NormaliseContext): ShopRecord[] {
  const product = requireObject(payload, 'the product');
  // A variation is sent under the topics of products too, with its parent beside it.
  const parentId = idOrNone(product['parent_id']);
  if (product['type'] === 'variation' && parentId !== undefined) {
    return readWooVariation(parentId, product, context);
  }
  const read = readProduct(product, context);
  const isVariable = product['type'] === 'variable';
  const level = isVariable ? undefined : levelOf(product, { id: read.id, atMs: read.atMs });
  return [{ kind: 'product', product: read }, ...(level === undefined ? [] : [{ kind: 'level' as const, level }])];
}

export function readWooVariation(productId: string, payload: Json, context: NormaliseContext): ShopRecord[] {
  const variation = requireObject(payload, 'the variation');
  const variant = readVariant(variation, context);
  const atMs = atOf(variation, context);
  const level = levelOf(variation, { id: variant.id, atMs });
  const records: ShopRecord[] = [{ kind: 'variant', productId, atMs, variant }];
  return level === undefined ? records : [...records, { kind: 'level', level }];
}

function readProduct(product: JsonObject, context: NormaliseContext): ShopProduct {
  const id = requireId(product['id'], 'the product');
  const count = wholeOf(product['rating_count']) ?? 0;
  const categories = objectsOf(product['categories']).flatMap((one) => nameOf(one) ?? []);
  return {
    id,
    atMs: atOf(product, context),
    title: nameOf(product) ?? id,
    description: htmlOf(product['description']) ?? htmlOf(product['short_description']),
    vendor: objectsOf(product['brands']).flatMap((one) => nameOf(one) ?? [])[0],
    productType: categories[0],
    status: statusOf(textOf(product['status'])),
    url: textOf(product['permalink']),
    tags: objectsOf(product['tags']).flatMap((one) => nameOf(one) ?? []),
    options: objectsOf(product['attributes']).flatMap((one) => {
      const name = nameOf(one);
      const values = Array.isArray(one['options']) ? one['options'].flatMap((value) => textOf(value) ?? []) : [];
      return name === undefined || one['variation'] !== true ? [] : [{ name, values }];
    }),
    media: objectsOf(product['images']).flatMap((image) => {
      const url = textOf(image['src']);
      return url === undefined ? [] : [{ url, alt: textOf(image['alt']), kind: 'image' as const }];
    }),
    collections: categories,
    rating: count === 0 ? undefined : { average: Number(product['average_rating'] ?? 0), count },
    attributes: attributesOf(product),
    // Of a variable product they are asked for, one by one.
    variants: product['type'] === 'variable' ? undefined : [readVariant(product, context)],
  };
}

/** Recommendations the shop makes by hand, and attributes that make no variants. */
function attributesOf(product: JsonObject): Record<string, string | number | boolean | string[]> {
  const attributes: Record<string, string | number | boolean | string[]> = {};
  for (const one of objectsOf(product['attributes'])) {
    const name = nameOf(one);
    if (name === undefined || one['variation'] === true || !Array.isArray(one['options'])) continue;
    attributes[name] = one['options'].flatMap((value) => textOf(value) ?? []);
  }
  for (const field of ['upsell_ids', 'cross_sell_ids', 'related_ids']) {
    const ids = Array.isArray(product[field]) ? product[field].flatMap((id) => idOrNone(id) ?? []) : [];
    if (ids.length > 0) attributes[field] = ids;
  }
  return attributes;
}

function readVariant(of: JsonObject, context: NormaliseContext): ShopVariant {
  const { currency } = context.settings;
  const price = readAmount(of['price'], currency) ?? readAmount(of['regular_price'], currency) ?? 0;
  const regular = readAmount(of['regular_price'], currency);
  const image = objectsOf([of['image'] ?? null])[0] ?? objectsOf(of['images'])[0];
  const options = objectsOf(of['attributes']).flatMap((one) => {
    const [name, value] = [nameOf(one), textOf(one['option'])];
    return name === undefined || value === undefined ? [] : [[name, decodeEntities(value)] as const];
  });
  return {
    id: requireId(of['id'], 'the variation'),
    sku: textOf(of['sku']),
    barcode: textOf(of['global_unique_id']),
    title: options.length === 0 ? undefined : options.map(([, value]) => value).join(' / '),
    options: Object.fromEntries(options),
    priceMinor: price,
    compareAtMinor: regular !== undefined && regular > price ? regular : undefined,
    currency,
    costMinor: undefined,
    requiresShipping: of['virtual'] !== true && of['shipping_required'] !== false,
    backorder: of['backorders_allowed'] === true ? 'continue' : 'deny',
    imageUrl: textOf(image?.['src']),
    url: textOf(of['permalink']),
    inventoryItemId: undefined,
  };
}

/** Only what the shop counts: with `manage_stock` off its `stock_status` is a word, not a number. */
function levelOf(of: JsonObject, { id, atMs }: { id: string; atMs: number }): ShopLevel | undefined {
  const quantity = wholeOf(of['stock_quantity']);
  if (of['manage_stock'] !== true || quantity === undefined) return undefined;
  return { of: { kind: 'variant', id }, locationId: undefined, quantity, atMs };
}

function statusOf(status: string | undefined): ShopProduct['status'] {
  if (status === 'publish') return 'active';
  return status === 'trash' ? 'archived' : 'draft';
}

function atOf(of: JsonObject, context: NormaliseContext): number {
  return gmtOf(of['date_modified_gmt']) ?? gmtOf(of['date_created_gmt']) ?? context.receivedAtMs;
}

function nameOf(of: JsonObject): string | undefined {
  const name = textOf(of['name']);
  return name === undefined ? undefined : decodeEntities(name);
}

function htmlOf(html: Json | undefined): string | undefined {
  const text = typeof html === 'string' ? textOfHtml(html) : '';
  return text === '' ? undefined : text;
}

import type { Json, JsonObject } from '../../../platform/json.ts';
import type { NormaliseContext } from '../connector.ts';
import { idOf, instantOf, objectOf, objectsOf, requireId, requireObject, textOf, UnfitPayload } from '../payload.ts';
import { textOfHtml } from '../plain-text.ts';
import type { ShopMedia, ShopProduct, ShopVariant } from '../product-record.ts';
import { readAmount } from '../read-amount.ts';

/** A product as webhooks say it (shopify.dev, REST Admin API "Product"). */
export function readShopifyProduct(payload: Json, context: NormaliseContext): ShopProduct {
  const product = requireObject(payload, 'the product');
  const id = requireId(product['id'], 'the product');
  const options = objectsOf(product['options']);
  const images = imagesOf(product);
  return {
    id,
    atMs: instantOf(product['updated_at']) ?? context.triggeredAtMs ?? context.receivedAtMs,
    title: textOf(product['title']) ?? id,
    description: descriptionOf(product['body_html']),
    vendor: textOf(product['vendor']),
    productType: textOf(product['product_type']),
    status: statusOf(product),
    url: urlOf(product, context.settings.apiUrl),
    tags: tagsOf(product['tags']),
    options: options.flatMap((option) => {
      const name = textOf(option['name']);
      return name === undefined ? [] : [{ name, values: valuesOf(option['values']) }];
    }),
    media: images.map(({ media }) => media),
    collections: [],
    rating: undefined,
    attributes: {},
    variants: objectsOf(product['variants']).map((variant) => readVariant(variant, { options, images, context })),
  };
}

interface Image {
  readonly id: string | undefined;
  readonly variantIds: readonly string[];
  readonly media: ShopMedia;
}

function readVariant(
  variant: JsonObject,
  of: { options: readonly JsonObject[]; images: readonly Image[]; context: NormaliseContext },
): ShopVariant {
  const { currency } = of.context.settings;
  const id = requireId(variant['id'], 'a variant');
  const priceMinor = readAmount(variant['price'], currency);
  if (priceMinor === undefined) throw new UnfitPayload(`the price of variant ${id} is no amount`);
  const imageId = idOf(variant['image_id']);
  const image = of.images.find((one) => one.variantIds.includes(id) || (imageId !== undefined && one.id === imageId));
  const names = of.options.map((option, at) => textOf(option['name']) ?? `Option ${at + 1}`);
  const options = [1, 2, 3].flatMap((place) => {
    const value = textOf(variant[`option${place}`]);
    return value === undefined ? [] : [[names[place - 1] ?? `Option ${place}`, value] as const];
  });
  return {
    id,
    sku: textOf(variant['sku']),
    barcode: textOf(variant['barcode']),
    title: textOf(variant['title']),
    options: Object.fromEntries(options),
    priceMinor,
    compareAtMinor: readAmount(variant['compare_at_price'], currency),
    currency,
    costMinor: undefined,
    requiresShipping: variant['requires_shipping'] !== false,
    backorder: variant['inventory_policy'] === 'continue' ? 'continue' : 'deny',
    imageUrl: image?.media.url,
    url: undefined,
    inventoryItemId: idOf(variant['inventory_item_id']),
  };
}

function imagesOf(product: JsonObject): Image[] {
  const listed = objectsOf(product['images']);
  const single = objectOf(product['image']);
  const images = listed.length > 0 || single === undefined ? listed : [single];
  return images.flatMap((image) => {
    const url = textOf(image['src']);
    if (url === undefined) return [];
    const variantIds = Array.isArray(image['variant_ids']) ? image['variant_ids'].flatMap((id) => idOf(id) ?? []) : [];
    return [{ id: idOf(image['id']), variantIds, media: { url, alt: textOf(image['alt']), kind: 'image' as const } }];
  });
}

/** Older payloads have no status: what is not published is a draft. */
function statusOf(product: JsonObject): ShopProduct['status'] {
  const status = textOf(product['status'])?.toLowerCase();
  if (status === 'active' || status === 'draft' || status === 'archived') return status;
  return product['published_at'] === null ? 'draft' : 'active';
}

function urlOf(product: JsonObject, apiUrl: string | undefined): string | undefined {
  const handle = textOf(product['handle']);
  if (handle === undefined || apiUrl === undefined || !URL.canParse(apiUrl)) return undefined;
  return new URL(`/products/${encodeURIComponent(handle)}`, apiUrl).href;
}

function descriptionOf(html: Json | undefined): string | undefined {
  const text = typeof html === 'string' ? textOfHtml(html) : '';
  return text === '' ? undefined : text;
}

function tagsOf(tags: Json | undefined): string[] {
  const listed = typeof tags === 'string' ? tags.split(',') : Array.isArray(tags) ? tags : [];
  return listed.flatMap((tag) => textOf(tag) ?? []);
}

function valuesOf(values: Json | undefined): string[] {
  return Array.isArray(values) ? values.flatMap((value) => textOf(value) ?? []) : [];
}

import { toDecimal } from '../twin/decimal.ts';
import { instantText } from './instant.ts';
import type { ShopifyShop } from './shopify-shop.ts';
import { quantityOf, type ShopifyProduct, type ShopifyVariant } from './shopify-state.ts';
import type { ShopifyObject } from './write-json.ts';

/** A product as webhooks and the REST Admin API say it. */
export function presentProduct(shop: ShopifyShop, product: ShopifyProduct): ShopifyObject {
  const { utcOffsetMinutes } = shop.identity;
  const id = BigInt(product.id);
  const createdAt = instantText(product.createdAtMs, utcOffsetMinutes);
  const images = product.images.map((image, at) => ({
    ...{ id: BigInt(image.id), product_id: id, position: at + 1, created_at: createdAt, updated_at: createdAt },
    ...{ alt: image.alt ?? null, width: 1200, height: 1200, src: image.src, variant_ids: [] },
  }));
  return {
    ...{ id, title: product.title, body_html: product.bodyHtml, vendor: product.vendor },
    ...{ product_type: product.productType, created_at: createdAt, handle: product.handle },
    updated_at: instantText(product.updatedAtMs, utcOffsetMinutes),
    published_at: product.status === 'active' ? createdAt : null,
    ...{ template_suffix: null, published_scope: 'web', tags: product.tags.join(', '), status: product.status },
    admin_graphql_api_id: `gid://shopify/Product/${product.id}`,
    variants: product.variants.map((variant) => presentVariant(shop, variant)),
    options: product.options.map((option, at) => ({
      ...{ id: BigInt(option.id), product_id: id, name: option.name, position: at + 1 },
      values: [...new Set(product.variants.flatMap(({ optionValues }) => optionValues[at] ?? []))],
    })),
    images,
    image: images[0] ?? null,
  };
}

function presentVariant(shop: ShopifyShop, variant: ShopifyVariant): ShopifyObject {
  const { currency, utcOffsetMinutes } = shop.identity;
  const quantity = quantityOf(shop.state, variant.itemId);
  const [option1 = null, option2 = null, option3 = null] = variant.optionValues;
  return {
    ...{ id: BigInt(variant.id), product_id: BigInt(variant.productId), title: variant.title },
    price: toDecimal(variant.priceMinor, currency),
    ...{ position: variant.position, inventory_policy: variant.policy },
    compare_at_price: variant.compareAtMinor === undefined ? null : toDecimal(variant.compareAtMinor, currency),
    ...{ option1, option2, option3 },
    created_at: instantText(variant.createdAtMs, utcOffsetMinutes),
    updated_at: instantText(variant.updatedAtMs, utcOffsetMinutes),
    ...{ taxable: true, barcode: variant.barcode ?? null, fulfillment_service: 'manual', grams: 200 },
    inventory_management: shop.state.items.get(variant.itemId)?.isTracked === false ? null : 'shopify',
    ...{ requires_shipping: variant.requiresShipping, sku: variant.sku, weight: 0.2, weight_unit: 'kg' },
    inventory_item_id: BigInt(variant.itemId),
    ...{ inventory_quantity: quantity, old_inventory_quantity: quantity, image_id: null },
    admin_graphql_api_id: `gid://shopify/ProductVariant/${variant.id}`,
  };
}

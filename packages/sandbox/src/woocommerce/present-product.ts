import { toDecimal } from '../twin/decimal.ts';
import { priceOf } from './place-order.ts';
import { dates, links } from './present-woo.ts';
import type { WooIdentity } from './woo-shop.ts';
import type { WooProduct, WooVariation } from './woo-state.ts';

/** What a product and a variation say alike. */
function presentSellable(identity: WooIdentity, one: WooProduct | WooVariation): object {
  const { currency } = identity;
  const { sku, managesStock, quantity, backorders } = one;
  const isThere = !managesStock || quantity > 0;
  const price = toDecimal(priceOf(one), currency);
  return {
    ...dates(identity, 'date_created', one.createdAtMs),
    ...dates(identity, 'date_modified', one.modifiedAtMs),
    ...{ sku, price, regular_price: toDecimal(one.regularMinor, currency) },
    sale_price: one.saleMinor === undefined ? '' : toDecimal(one.saleMinor, currency),
    ...dates(identity, 'date_on_sale_from', undefined),
    ...dates(identity, 'date_on_sale_to', undefined),
    ...{ on_sale: one.saleMinor !== undefined, purchasable: true, virtual: false, downloadable: false, downloads: [] },
    ...{ download_limit: -1, download_expiry: -1, tax_status: 'taxable', tax_class: '' },
    ...{ manage_stock: managesStock, stock_quantity: managesStock ? quantity : null },
    stock_status: isThere ? 'instock' : backorders === 'no' ? 'outofstock' : 'onbackorder',
    ...{ backorders, backorders_allowed: backorders !== 'no', backordered: managesStock && quantity < 0 },
    ...{ weight: '', dimensions: { length: '', width: '', height: '' }, shipping_class: '', shipping_class_id: 0 },
    ...{ menu_order: 0, meta_data: [] },
  };
}

/** A product as webhooks and the REST API v3 say it. */
export function presentProduct(identity: WooIdentity, product: WooProduct): object {
  const { id, name, slug, type, status, description, categories, imageUrl, variations } = product;
  const names = [...new Set(variations.flatMap(({ options }) => Object.keys(options)))];
  const image = {
    ...dates(identity, 'date_created', product.createdAtMs),
    ...dates(identity, 'date_modified', product.createdAtMs),
  };
  return {
    ...{ id, name, slug, permalink: `${identity.siteUrl}/product/${slug}/`, type, status, featured: false },
    ...presentSellable(identity, product),
    ...{ catalog_visibility: 'visible', description, short_description: '', price_html: '', total_sales: 0 },
    ...{ external_url: '', button_text: '', sold_individually: false, shipping_required: true, shipping_taxable: true },
    ...{ reviews_allowed: true, average_rating: '0.00', rating_count: 0, related_ids: [], upsell_ids: [] },
    ...{ cross_sell_ids: [], parent_id: 0, purchase_note: '' },
    categories: categories.map((category, at) => ({ id: at + 9, name: category, slug: category.toLowerCase() })),
    tags: [],
    images: imageUrl === undefined ? [] : [{ id: id + 1_000_000, ...image, src: imageUrl, name: '', alt: '' }],
    attributes: names.map((option, position) => ({
      ...{ id: 0, name: option, position, visible: true, variation: true },
      options: [...new Set(variations.flatMap(({ options }) => options[option] ?? []))],
    })),
    ...{ default_attributes: [], variations: variations.map((one) => one.id), grouped_products: [] },
    _links: links(identity, `products/${id}`),
  };
}

export function presentVariation(identity: WooIdentity, product: WooProduct, variation: WooVariation): object {
  const { id, options } = variation;
  return {
    ...{ id, ...presentSellable(identity, variation), description: '', status: 'publish', image: null },
    permalink: `${identity.siteUrl}/product/${product.slug}/?${new URLSearchParams(options).toString()}`,
    attributes: Object.entries(options).map(([name, option]) => ({ id: 0, name, option })),
    ...{ type: 'variation', name: Object.values(options).join(', '), parent_id: product.id },
    _links: links(identity, `products/${product.id}/variations/${id}`, `products/${product.id}`),
  };
}

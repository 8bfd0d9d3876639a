import { CURRENCY, PRODUCTS, SHOP_NAME, type Product } from './catalogue.data.ts';

const BY_ID = new Map(PRODUCTS.map((product) => [product.id, product]));

export function productOf(id: string): Product {
  const product = BY_ID.get(id);
  if (product === undefined) throw new Error(`The shop does not sell ${id}`);
  return product;
}

export function findProduct(id: string): Product | undefined {
  return BY_ID.get(id);
}

/** An amount as Segment's events carry it: a number of the main unit. */
export function amount(minor: number): number {
  return Math.round(minor) / 100;
}

export interface CartLine {
  readonly productId: string;
  readonly quantity: number;
}

/** A product as Segment's e-commerce events name its parts. `shopUrl` ends in a slash. */
export function productProperties(product: Product, shopUrl: string) {
  return {
    product_id: product.id,
    sku: product.id.toLowerCase(),
    category: product.category,
    name: product.name,
    brand: SHOP_NAME,
    variant: product.variant,
    price: amount(product.priceMinor),
    currency: CURRENCY,
    url: `${shopUrl}products/${product.id}`,
    image_url: `${shopUrl}products/${product.id}.svg`,
  };
}

export function linesProperties(lines: readonly CartLine[], shopUrl: string) {
  return lines.map(({ productId, quantity }, index) => {
    const { currency: _, ...properties } = productProperties(productOf(productId), shopUrl);
    return { ...properties, quantity, position: index + 1 };
  });
}

const SHIPPING_MINOR = 490;
const FREE_SHIPPING_FROM_MINOR = 7500;
const TAX_RATE = 0.19;

/** What the lines cost, under the names of Segment's order events. Prices include tax. */
export function totals(lines: readonly CartLine[]) {
  const subtotalMinor = lines.reduce((sum, line) => sum + productOf(line.productId).priceMinor * line.quantity, 0);
  const shippingMinor = subtotalMinor >= FREE_SHIPPING_FROM_MINOR ? 0 : SHIPPING_MINOR;
  const taxMinor = Math.round(subtotalMinor - subtotalMinor / (1 + TAX_RATE));
  return {
    subtotal: amount(subtotalMinor),
    revenue: amount(subtotalMinor - taxMinor),
    shipping: amount(shippingMinor),
    tax: amount(taxMinor),
    discount: 0,
    total: amount(subtotalMinor + shippingMinor),
    currency: CURRENCY,
  };
}

import type { ConnectorSettings } from '../connector.ts';
import type { PriceInput, ProductInput, SourceVersion, VariantInput } from '../../catalog/index.ts';
import type { ShopProduct, ShopVariant } from '../product-record.ts';
import { believes } from '../settings.ts';

/** What variants cost already, by the shop's id: kept where the shop is not believed about prices. */
export type HeldPrices = ReadonlyMap<string, PriceInput>;

export interface ProductOf {
  readonly source: string;
  readonly settings: ConnectorSettings;
  readonly variants: readonly ShopVariant[];
  readonly version: SourceVersion;
  readonly held: HeldPrices;
}

/** A product as the catalog takes it. Pure. */
export function productInputOf(product: ShopProduct, of: ProductOf): ProductInput {
  const { description, vendor, productType, url, rating, attributes } = product;
  const { source } = of;
  return {
    ref: { source, id: product.id },
    version: of.version,
    ...{ title: product.title, status: product.status },
    ...(description !== undefined && { description }),
    ...(vendor !== undefined && { vendor }),
    ...(productType !== undefined && { productType }),
    ...(url !== undefined && { url }),
    ...(rating !== undefined && { rating: { average: rating.average, count: rating.count } }),
    ...{ tags: [...product.tags], collections: [...product.collections], attributes: { ...attributes } },
    options: product.options.map(({ name, values }) => ({
      name,
      values: values.length > 0 ? [...values] : valuesOf(name, of),
    })),
    media: product.media.map(({ url: at, alt, kind }) => ({ url: at, kind, ...(alt !== undefined && { alt }) })),
    variants: of.variants.map((variant) => variantInputOf(variant, of)),
  };
}

/** Of a product that names its options alone: what its variants have. */
function valuesOf(name: string, { variants }: { variants: readonly ShopVariant[] }): string[] {
  return [...new Set(variants.flatMap(({ options }) => options[name] ?? []))];
}

function variantInputOf(variant: ShopVariant, { source, settings, held }: ProductOf): VariantInput {
  const { sku, barcode, title, imageUrl, url, costMinor, compareAtMinor, currency, priceMinor } = variant;
  const price = { currency, amountMinor: priceMinor, ...(compareAtMinor !== undefined && { compareAtMinor }) };
  return {
    ref: { source, id: variant.id },
    ...(sku !== undefined && { sku }),
    ...(barcode !== undefined && { barcode }),
    ...(title !== undefined && { title }),
    ...(imageUrl !== undefined && { imageUrl }),
    ...(url !== undefined && { url }),
    ...(costMinor !== undefined && { cost: { amountMinor: costMinor, currency } }),
    ...{ options: { ...variant.options }, requiresShipping: variant.requiresShipping, backorder: variant.backorder },
    prices: believes(settings, 'prices') ? [price] : [held.get(variant.id) ?? []].flat(),
  };
}

import type { BasketKind } from '@segue/contract';
import { publicId } from '../../../platform/ids/index.ts';
import type { VariantNames, VariantRow } from '../../catalog/index.ts';

/** What a word calls a thing to buy. */
export interface ThingNames {
  /** Ours, or the shop's. */
  readonly variantId?: string | undefined;
  readonly sku?: string | undefined;
  readonly productId?: string | undefined;
  readonly detail?: string | undefined;
}

const PREFIXES = [
  ['variant:', 'variantId'],
  ['sku:', 'sku'],
  ['product:', 'productId'],
] as const;

/**
 * Tells the lines of a basket apart: the same thing has the same key, whoever names it however, as far as the catalog knows it.
 * Of what was viewed recently there is one line a product. Undefined: nothing is named. Pure.
 */
export function lineKeyOf(kind: BasketKind, names: ThingNames, variant: VariantRow | undefined): string | undefined {
  const base =
    variant === undefined
      ? unknownKey(kind, names)
      : kind === 'viewed'
        ? publicId('prd', variant.productId)
        : publicId('var', variant.id);
  if (base === undefined) return undefined;
  return names.detail === undefined ? base : `${base}#${names.detail}`;
}

function unknownKey(kind: BasketKind, { variantId, sku, productId }: ThingNames): string | undefined {
  if (kind === 'viewed' && productId !== undefined) return `product:${productId}`;
  if (variantId !== undefined) return `variant:${variantId}`;
  if (sku !== undefined) return `sku:${sku}`;
  return productId === undefined ? undefined : `product:${productId}`;
}

/** What a key names. Undefined: it is none. Pure. */
export function namesOfKey(key: string): ThingNames | undefined {
  const at = key.indexOf('#');
  const base = at < 0 ? key : key.slice(0, at);
  const detail = at < 0 ? {} : { detail: key.slice(at + 1) };
  if (/^var_[0-9a-f]{32}$/.test(base)) return { variantId: base, ...detail };
  if (/^prd_[0-9a-f]{32}$/.test(base)) return { productId: base, ...detail };
  for (const [prefix, field] of PREFIXES)
    if (base.startsWith(prefix) && base.length > prefix.length)
      return { [field]: base.slice(prefix.length), ...detail };
  return undefined;
}

/** Of a cart that lives at a shop the names are that shop’s; devices and tills say whichever they know. Pure. */
export function variantNamesOf({ variantId, sku, productId }: ThingNames, source?: string): VariantNames {
  return { variantId, sku, productId, ...(source?.includes(':') === true && { source }) };
}

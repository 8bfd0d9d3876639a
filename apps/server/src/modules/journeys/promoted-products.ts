import { type JourneyStep, PROMOTED_MAX, type PromotedProduct } from '@segue/contract';
import { isJsonObject, type Json, type JsonObject } from '../../platform/json.ts';

/** What of an event says which products it is about, by Segment's e-commerce specification. */
export const PRODUCT_PROPERTIES = ['products', 'product_id', 'variant_id', 'variant', 'sku'] as const;

/** The products a sending step invites to buy. `event`: those its entry event lists, else the one it is about itself. Pure. */
export function promotedBy(
  step: Extract<JourneyStep, { kind: 'send' }>,
  properties: JsonObject,
): readonly PromotedProduct[] {
  if (step.products !== 'event') return step.products ?? [];
  const listed = properties['products'];
  const named = Array.isArray(listed) && listed.length > 0 ? listed : [properties];
  return named.flatMap((one) => productOf(one) ?? []).slice(0, PROMOTED_MAX);
}

function productOf(value: Json): PromotedProduct | undefined {
  if (!isJsonObject(value)) return undefined;
  const productId = textOf(value['product_id']);
  const variantId = textOf(value['variant_id']) ?? textOf(value['variant']);
  const sku = textOf(value['sku']);
  if (productId === undefined && variantId === undefined && sku === undefined) return undefined;
  return {
    ...(productId !== undefined && { productId }),
    ...(variantId !== undefined && { variantId }),
    ...(sku !== undefined && { sku }),
  };
}

function textOf(value: Json | undefined): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' && value.length <= 200 ? value : undefined;
}

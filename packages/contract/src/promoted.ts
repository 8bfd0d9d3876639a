import { z } from 'zod';

export const PROMOTED_MAX = 20;

const name = z.string({ error: 'give a text' }).min(1, { error: 'give an id, or leave it out' }).max(200, {
  error: 'use at most 200 characters',
});

/** A product a message invites to buy, named as the shop's events name it, or by the catalog's own `prd_…` and `var_…`. */
export const promotedProductSchema = z
  .strictObject({
    productId: name.exactOptional(),
    variantId: name.exactOptional(),
    sku: name.exactOptional(),
  })
  .refine((product) => Object.keys(product).length > 0, { error: 'give a productId, a variantId or a sku' });
export type PromotedProduct = z.infer<typeof promotedProductSchema>;

/**
 * What a message invites to buy. Its template shows them as `products`, in this order, without those that are sold out or that
 * she has bought in the last 30 days; when none is left, the message is refused at the moment of sending.
 */
export const promotedProductsSchema = z
  .array(promotedProductSchema, { error: 'give a list of products, like [{ "sku": "TEE-M" }]' })
  .max(PROMOTED_MAX, { error: `promote at most ${PROMOTED_MAX} products` });

import { z } from 'zod';

const text = (max: number) => z.string({ error: 'give a text' }).trim().min(1, { error: 'give a text' }).max(max);
const id = text(200);
const amount = z
  .int({ error: 'give a whole number of minor units: 1999 for 19.99' })
  .min(0, { error: 'give 0 or more' });
const quantity = z.int({ error: 'give a whole number' }).min(1, { error: 'give 1 or more' }).max(1_000_000);
const currency = z.string().regex(/^[A-Z]{3}$/, { error: 'give the currency as three capital letters' });

const customer = z.strictObject(
  {
    id: id.optional(),
    email: text(320).optional(),
    phone: text(40).optional(),
    loyaltyId: id.optional(),
    firstName: text(200).optional(),
    lastName: text(200).optional(),
    consents: z
      .array(z.strictObject({ channel: z.enum(['email', 'sms']), status: z.enum(['granted', 'denied']) }))
      .max(10)
      .optional(),
  },
  { error: 'give an object' },
);
export type PosCustomer = z.output<typeof customer>;

const line = z.strictObject({
  /** Of the line, where the till names it; else its place counts. */
  id: id.optional(),
  productId: id.optional(),
  variantId: id.optional(),
  sku: id.optional(),
  name: text(500),
  quantity,
  unitPriceMinor: amount,
  discountMinor: amount.default(0),
});
export type PosLine = z.output<typeof line>;
const lines = z.array(line, { error: 'give the lines' }).min(1, { error: 'give at least one line' }).max(500);

const common = {
  sequence: z.int({ error: 'give the number of the item' }).min(1).max(Number.MAX_SAFE_INTEGER),
  at: z.iso.datetime({ offset: true, error: 'give the instant, like "2026-11-23T10:00:00Z"' }),
};

/** What a till sends, one by one in the order of its `sequence`. */
const posItemSchema = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({
      ...common,
      kind: z.literal('sale'),
      id,
      number: id.optional(),
      location: id.optional(),
      staff: id.optional(),
      currency: currency.optional(),
      customer: customer.optional(),
      lines,
      /** Beside what stands on the lines. */
      discountMinor: amount.default(0),
      taxMinor: amount.default(0),
      /** Left out: all of it. */
      paidMinor: amount.optional(),
      coupons: z.array(id).max(20).default([]),
      pointsRedeemed: z.int().min(0).default(0),
      cart: id.optional(),
    }),
    z.strictObject({
      ...common,
      kind: z.literal('refund'),
      id,
      saleId: id,
      amountMinor: amount,
      reason: text(500).optional(),
      location: id.optional(),
      lines: z
        .array(z.strictObject({ lineId: id, quantity, restock: z.enum(['return', 'none']).default('return') }))
        .max(500)
        .default([]),
    }),
    z.strictObject({
      ...common,
      kind: z.literal('stock_count'),
      location: id.optional(),
      counts: z
        .array(
          z
            .strictObject({ variantId: id.optional(), sku: id.optional(), quantity: z.int().min(0).max(1_000_000_000) })
            .refine((count) => count.variantId !== undefined || count.sku !== undefined, {
              error: 'give "variantId" or "sku"',
            }),
        )
        .min(1)
        .max(5_000),
    }),
    z.strictObject({ ...common, kind: z.literal('customer'), ...customer.shape }),
    z.strictObject({
      ...common,
      kind: z.literal('coupon'),
      code: id,
      saleId: id,
      amountMinor: amount,
      currency: currency.optional(),
      customer: customer.optional(),
    }),
    z.strictObject({
      ...common,
      kind: z.literal('cart'),
      token: id,
      currency: currency.optional(),
      customer: customer.optional(),
      lines: z.array(line).max(500),
    }),
  ],
  { error: 'give a kind: sale, refund, stock_count, customer, coupon or cart' },
);
export type PosItem = z.output<typeof posItemSchema>;

export type ReadPosItem =
  | { readonly kind: 'item'; readonly item: PosItem }
  /** Nobody knows which one it is. */
  | { readonly kind: 'nameless'; readonly message: string }
  | { readonly kind: 'unfit'; readonly sequence: number; readonly message: string };

/** Pure. */
export function readPosItem(given: unknown): ReadPosItem {
  const read = posItemSchema.safeParse(given);
  if (read.success) return { kind: 'item', item: read.data };
  const [first] = read.error.issues;
  const message = `${first?.path.join('.') ?? ''}: ${first?.message ?? 'does not fit'}`.replace(/^: /, '');
  const named = z.object({ sequence: common.sequence }).safeParse(given);
  return named.success
    ? { kind: 'unfit', sequence: named.data.sequence, message }
    : { kind: 'nameless', message: 'give the number of the item as "sequence"' };
}

/** Whether it means something else before than after what came in between. Sales commute. Pure. */
export function dependsOnOrder({ kind }: Pick<PosItem, 'kind'>): boolean {
  return kind === 'stock_count' || kind === 'cart' || kind === 'customer';
}

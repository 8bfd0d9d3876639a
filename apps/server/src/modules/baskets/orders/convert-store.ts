import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';

/** What was bought, of one thing. */
export interface BoughtLine {
  /** Of the cart; undefined: by what it is of. */
  readonly key?: string;
  readonly variantId: string | null;
  readonly productRef: string | null;
  readonly variantRef: string | null;
  readonly sku: string | null;
  readonly quantity: number;
}

export interface Conversion {
  readonly reference: string;
  readonly source: string | null;
  readonly cartToken: string | null;
  readonly lines: readonly BoughtLine[];
  readonly placedAtMs: number;
}

interface ConversionRow {
  reference: string;
  source: string | null;
  cart_token: string | null;
  lines: BoughtLine[];
  placed_at: Date;
}

/**
 * Those whose own cart is not found yet, new ones among them, and whether the customer's other carts have been looked at; nobody
 * else looks at them meanwhile.
 */
export async function holdConversions(
  sql: Sql,
  workspaceId: number,
  conversions: readonly Conversion[],
): Promise<Map<string, { isTaken: boolean }>> {
  if (conversions.length === 0) return new Map();
  const references = conversions.map(({ reference }) => reference);
  await sql.query({
    name: 'basket_conversion_insert',
    text: `insert into basket_conversion (workspace_id, reference, source, cart_token, lines, placed_at)
           select $1::integer, reference, source, cart_token, lines, placed_at
           from jsonb_populate_recordset(null::basket_conversion, $2::jsonb) order by reference on conflict do nothing`,
    values: [
      workspaceId,
      JSON.stringify(
        conversions.map(({ cartToken, placedAtMs, ...rest }) => ({
          ...rest,
          cart_token: cartToken,
          placed_at: new Date(placedAtMs),
        })),
      ),
    ],
  });
  const { rows } = await sql.query<{ reference: string; is_taken: boolean }>({
    name: 'basket_conversion_hold',
    text: `select reference, taken_at is not null as is_taken from basket_conversion where workspace_id = $1 and reference = any($2::text[]) and basket_id is null
           order by reference for update`,
    values: [workspaceId, references],
  });
  return new Map(rows.map((row) => [row.reference, { isTaken: row.is_taken }]));
}

/** Orders that were told before the carts they are of. By `basket_conversion_waiting`. */
export async function listWaitingConversions(
  sql: Sql,
  workspaceId: number,
  carts: { source: string; tokens: readonly string[] },
): Promise<Conversion[]> {
  const { rows } = await sql.query<ConversionRow>({
    name: 'basket_conversion_waiting',
    text: `select reference, source, cart_token, lines, placed_at from basket_conversion
           where workspace_id = $1 and source = $2 and cart_token = any($3::text[]) and basket_id is null
             and cart_token is not null order by reference for update`,
    values: [workspaceId, carts.source, carts.tokens],
  });
  return rows.map(({ cart_token: cartToken, placed_at: at, ...row }) => ({
    ...row,
    cartToken,
    placedAtMs: at.getTime(),
  }));
}

/** The cart is found: its name at the shop is needed no more. */
export async function closeConversions(
  sql: Sql,
  workspaceId: number,
  found: readonly { reference: string; basketId: string }[],
): Promise<void> {
  if (found.length === 0) return;
  await sql.query({
    name: 'basket_conversion_close',
    text: `update basket_conversion c set basket_id = f.basket_id, cart_token = null
           from unnest($2::text[], $3::uuid[]) as f(reference, basket_id)
           where c.workspace_id = $1 and c.reference = f.reference`,
    values: [workspaceId, found.map((one) => one.reference), arrayLiteral(found.map((one) => one.basketId))],
  });
}

/** The customer's carts were looked at; the order's own is not known yet. */
export async function markTaken(
  sql: Sql,
  workspaceId: number,
  taken: { references: readonly string[]; at: Date },
): Promise<void> {
  if (taken.references.length === 0) return;
  await sql.query({
    name: 'basket_conversion_taken',
    text: `update basket_conversion set taken_at = $3 where workspace_id = $1 and reference = any($2::text[])`,
    values: [workspaceId, taken.references, taken.at],
  });
}

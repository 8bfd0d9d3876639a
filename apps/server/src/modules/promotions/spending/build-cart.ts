import type { CouponLine, CouponQuoteBody, CouponTerms } from '@segue/contract';
import type { WorkspaceKeys } from '../../../platform/crypto/index.ts';
import { publicId } from '../../../platform/ids/index.ts';
import type { Sql } from '../../../platform/postgres/index.ts';
import { listAddresses } from '../../profiles/index.ts';
import { listSegmentsOfProfile } from '../../segments/index.ts';
import { hasOrdered, type LineFact, readLineFacts } from '../coupon-facts.ts';
import type { Cart, CartLine, CouponOffer, Customer } from '../terms/cart.ts';
import type { Buyer } from './buyer.ts';

const SEGMENTS_AT_ONCE = 500;

/** What is bought, where. */
export interface CartWish {
  readonly cart: CouponQuoteBody['cart'];
  readonly channel: string;
  readonly store: string | undefined;
}

interface FactReader {
  readonly sql: Sql;
  readonly workspaceId: number;
  keysOf(workspaceId: number): Promise<WorkspaceKeys>;
}

/** A cart with everything the terms of these offers ask: of its products, and of who buys. */
export async function buildCart(
  reader: FactReader,
  { cart, channel, store }: CartWish,
  asked: { buyer: Buyer; offers: readonly CouponOffer[]; atMs: number },
): Promise<Cart> {
  const { sql, workspaceId } = reader;
  const { lines, currency, shippingMinor } = cart;
  const terms = asked.offers.map((offer) => offer.terms);
  const facts = terms.some(asksOfProducts)
    ? await readLineFacts(sql, workspaceId, { lines, channel, currency, atMs: asked.atMs })
    : [];
  return {
    currency,
    channel,
    store,
    lines: lines.map((line, place) => cartLine(line, facts[place])),
    shippingMinor,
    customer: await customerOf(reader, asked.buyer, terms),
  };
}

function asksOfProducts({ only, except, excludeSale, benefit }: CouponTerms): boolean {
  return only !== undefined || except !== undefined || excludeSale || ('gets' in benefit && benefit.gets !== undefined);
}

/** What the caller says of a line, and what the catalog knows beside. Pure. */
export function cartLine(line: CouponLine, fact: LineFact | undefined): CartLine {
  const given = (name: string | undefined) => (name === undefined ? [] : [name]);
  return {
    id: line.id,
    products: [...given(line.productId), ...(fact?.products ?? [])],
    variants: [...given(line.variantId), ...(fact?.variants ?? [])],
    sku: line.sku ?? fact?.sku,
    collections: line.collections ?? fact?.collections ?? [],
    categories: line.categories ?? fact?.categories ?? [],
    vendor: line.vendor ?? fact?.vendor,
    quantity: line.quantity,
    unitPriceMinor: line.unitPriceMinor,
    discountMinor: line.discountMinor,
    isOnSale: line.isOnSale ?? fact?.isOnSale ?? false,
  };
}

/** Loads only what some terms ask. */
async function customerOf(reader: FactReader, buyer: Buyer, terms: readonly CouponTerms[]): Promise<Customer> {
  const { sql, workspaceId } = reader;
  const { profileId } = buyer;
  const asksSegments = terms.some((one) => one.segments !== undefined || one.notSegments !== undefined);
  const asksOrders = terms.some((one) => one.firstOrderOnly);
  const asksEmail = terms.some((one) => one.emailDomains !== undefined);
  return {
    isKnown: profileId !== null,
    hasOrdered: profileId !== null && asksOrders && (await hasOrdered(sql, workspaceId, profileId)),
    segmentIds: new Set(profileId !== null && asksSegments ? await segmentsOf(reader, profileId) : []),
    emailDomains: new Set(asksEmail ? await emailDomainsOf(reader, buyer) : []),
  };
}

async function segmentsOf({ sql, workspaceId }: FactReader, profileId: string): Promise<string[]> {
  const ids: string[] = [];
  for (let afterId: string | null = null; ;) {
    const page = { profileId, afterId, limit: SEGMENTS_AT_ONCE };
    const rows: { id: string }[] = await listSegmentsOfProfile(sql, workspaceId, page);
    ids.push(...rows.map(({ id }) => publicId('seg', id)));
    if (rows.length < SEGMENTS_AT_ONCE) return ids;
    afterId = rows.at(-1)?.id ?? null;
  }
}

async function emailDomainsOf(reader: FactReader, { profileId, email }: Buyer): Promise<string[]> {
  const known = profileId === null ? undefined : (await listAddresses(reader, [profileId], 'email')).get(profileId);
  const addresses = [...(known ?? []).map(({ address }) => address), ...(email === undefined ? [] : [email])];
  return addresses.map((address) => address.slice(address.lastIndexOf('@') + 1).toLowerCase());
}

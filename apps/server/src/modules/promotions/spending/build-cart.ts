import type { CouponLine, CouponQuoteBody, CouponTerms } from '@segue/contract';
import type { WorkspaceKeys } from '../../../platform/crypto/index.ts';
import { publicId } from '../../../platform/ids/index.ts';
import type { Sql } from '../../../platform/postgres/index.ts';
import { listAddresses } from '../../profiles/index.ts';
import { listSegmentsOfProfile } from '../../segments/index.ts';
import { haveOrdered, type LineFact, readLineFacts } from '../coupon-facts.ts';
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

/** Whose cart it is, and what it is to be measured by. */
export interface CartAsked {
  readonly wish: CartWish;
  readonly buyer: Buyer;
  readonly offers: readonly CouponOffer[];
}

/** A cart with everything the terms of these offers ask: of its products, and of who buys. */
export async function buildCart(
  reader: FactReader,
  wish: CartWish,
  { atMs, ...asked }: { buyer: Buyer; offers: readonly CouponOffer[]; atMs: number },
): Promise<Cart> {
  const [cart] = await buildCarts(reader, [{ wish, ...asked }], atMs);
  if (cart === undefined) throw new Error('a cart was asked for and not built');
  return cart;
}

/** As `buildCart`, for many at once and in their order. */
export async function buildCarts(reader: FactReader, asked: readonly CartAsked[], atMs: number): Promise<Cart[]> {
  const facts = await readFacts(reader, asked, atMs);
  const customers = await customersOf(reader, asked);
  return asked.map(({ wish: { cart, channel, store } }, place) => ({
    ...{ currency: cart.currency, channel, store, shippingMinor: cart.shippingMinor },
    lines: cart.lines.map((line) => cartLine(line, facts.get(line))),
    customer: customers[place]!,
  }));
}

/** What the catalog knows of the lines of those whose terms ask; of one channel and currency in one. */
async function readFacts(
  { sql, workspaceId }: FactReader,
  asked: readonly CartAsked[],
  atMs: number,
): Promise<Map<CouponLine, LineFact | undefined>> {
  const places = new Map<string, { channel: string; currency: string; lines: CouponLine[] }>();
  for (const { wish, offers } of asked) {
    if (!offers.some(({ terms }) => asksOfProducts(terms))) continue;
    const { channel, cart } = wish;
    const key = `${channel} ${cart.currency}`;
    const place = places.get(key) ?? { channel, currency: cart.currency, lines: [] };
    place.lines.push(...cart.lines);
    places.set(key, place);
  }
  const facts = new Map<CouponLine, LineFact | undefined>();
  for (const place of places.values()) {
    const found = await readLineFacts(sql, workspaceId, { ...place, atMs });
    place.lines.forEach((line, at) => facts.set(line, found[at]));
  }
  return facts;
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
async function customersOf(reader: FactReader, asked: readonly CartAsked[]): Promise<Customer[]> {
  const { sql, workspaceId } = reader;
  const idsOf = (asks: (terms: CouponTerms) => boolean) => {
    const those = asked.filter(({ offers }) => offers.some(({ terms }) => asks(terms)));
    return [...new Set(those.flatMap(({ buyer }) => buyer.profileId ?? []))];
  };
  const buyers = idsOf((terms) => terms.firstOrderOnly);
  const ordered = buyers.length === 0 ? new Set<string>() : await haveOrdered(sql, workspaceId, buyers);
  const domains = await emailDomainsOf(reader, idsOf(asksEmail));
  const segments = new Map<string, readonly string[]>();
  for (const profileId of idsOf(asksSegments)) segments.set(profileId, await segmentsOf(reader, profileId));
  return asked.map(({ buyer: { profileId, email }, offers }) => {
    const own = offers.some(({ terms }) => asksEmail(terms)) && email !== undefined ? [domainOf(email)] : [];
    return {
      isKnown: profileId !== null,
      hasOrdered: profileId !== null && ordered.has(profileId),
      segmentIds: new Set(segments.get(profileId ?? '')),
      emailDomains: new Set([...(domains.get(profileId ?? '') ?? []), ...own]),
    };
  });
}

function asksSegments({ segments, notSegments }: CouponTerms): boolean {
  return segments !== undefined || notSegments !== undefined;
}

function asksEmail({ emailDomains }: CouponTerms): boolean {
  return emailDomains !== undefined;
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

async function emailDomainsOf(reader: FactReader, profileIds: readonly string[]): Promise<Map<string, string[]>> {
  if (profileIds.length === 0) return new Map();
  const known = await listAddresses(reader, profileIds, 'email');
  return new Map([...known].map(([id, addresses]) => [id, addresses.map(({ address }) => domainOf(address))]));
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1).toLowerCase();
}

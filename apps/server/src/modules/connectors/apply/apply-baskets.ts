import { announce, type Announcement } from '../../events/index.ts';
import type { ShopWho } from '../customer-record.ts';
import { NOBODY } from '../customer-record.ts';
import type { ToldCart } from '../ports.ts';
import type { ShopCart, ShopCheckout } from '../records.ts';
import { type Applying, ownerOf } from './applying.ts';
import {
  type BasketEvent,
  type BasketState,
  type BasketTold,
  NOTHING_TOLD,
  stateOfCart,
  stateOfCheckout,
  tellCart,
  tellCheckout,
} from './basket-diff.ts';
import { type BasketKind, type BasketRow, holdBaskets, putBaskets } from './basket-store.ts';
import { hashOf, isNewer, messageIdOf } from './hash-of.ts';
import { isSomebody, joinWho, openWho, sealWho, whoHashes, whoOf } from './who.ts';

/** Whose a cart or a checkout is known to be, from elsewhere. */
export interface BasketOwner {
  readonly kind: BasketKind;
  readonly token: string;
  readonly who: ShopWho;
}

export interface BasketsTold {
  readonly carts: readonly ShopCart[];
  readonly checkouts: readonly ShopCheckout[];
  readonly owners: readonly BasketOwner[];
}

/** A basket while it changes. */
interface Basket {
  readonly kind: BasketKind;
  readonly token: string;
  atMs: number;
  hash: string;
  state: BasketState;
  told: BasketTold;
  who: ShopWho;
  isChanged: boolean;
}

/**
 * Takes carts and checkouts, each version once and an older one not at all. A shop’s carts name nobody: what happened in one is
 * told as events once it is known whose it is.
 */
export async function applyBaskets(applying: Applying, told: BasketsTold): Promise<void> {
  const baskets = await openBaskets(applying, told);
  const events: Announcement[] = [];
  const versions = [
    ...told.carts.map((cart) => ({ kind: 'cart' as const, basket: cart, state: stateOfCart(cart) })),
    ...told.checkouts.map((one) => ({ kind: 'checkout' as const, basket: one, state: stateOfCheckout(one) })),
  ].sort((a, b) => a.basket.atMs - b.basket.atMs);
  for (const { kind, token, who } of told.owners) own(baskets.get(keyOf(kind, token)), who);
  for (const { kind, basket: given, state } of versions) {
    const basket = baskets.get(keyOf(kind, given.token))!;
    own(basket, given.who);
    if (kind === 'checkout' && state.checkout?.cartToken !== undefined) {
      const cart = baskets.get(keyOf('cart', state.checkout.cartToken));
      own(cart, given.who);
      if (cart !== undefined) events.push(...tell(applying, cart));
    }
    const version = { atMs: given.atMs, hash: hashOf(state) };
    if (!isNewer(version, basket)) continue;
    Object.assign(basket, { ...version, state, isChanged: true });
    events.push(...tell(applying, basket));
  }
  for (const basket of baskets.values()) events.push(...tell(applying, basket));
  await closeBaskets(
    applying,
    [...baskets.values()].filter(({ isChanged }) => isChanged),
  );
  await announce(applying.ctx, applying.eventSource, events);
}

const keyOf = (kind: BasketKind, token: string): string => `${kind}:${token}`;

function own(basket: Basket | undefined, who: ShopWho): void {
  if (basket === undefined) return;
  const joined = joinWho(basket.who, who);
  if (hashOf(joined) === hashOf(basket.who)) return;
  basket.who = joined;
  basket.isChanged = true;
}

async function openBaskets(applying: Applying, told: BasketsTold): Promise<Map<string, Basket>> {
  const carts = told.checkouts.flatMap(({ cartToken }) => (cartToken === undefined ? [] : [cartToken]));
  const keys = new Map<string, { kind: BasketKind; token: string }>();
  const name = (kind: BasketKind, token: string): void => void keys.set(keyOf(kind, token), { kind, token });
  for (const token of carts) name('cart', token);
  for (const { token } of told.carts) name('cart', token);
  for (const { token } of told.checkouts) name('checkout', token);
  for (const { kind, token } of told.owners) name(kind, token);
  const baskets = new Map<string, Basket>();
  for (const [key, { kind, token }] of keys) {
    const fresh = { atMs: 0, hash: '', state: { currency: applying.settings.currency, lines: [] }, told: NOTHING_TOLD };
    baskets.set(key, { kind, token, ...fresh, who: NOBODY, isChanged: false });
  }
  for (const row of await holdBaskets(applying.ctx.sql, ownerOf(applying), [...keys.values()])) {
    const { version_at: at, who, ...kept } = row;
    const opened = { atMs: at.getTime(), who: openWho(applying.keys, who), isChanged: false };
    const { kind, token, hash, state, told } = kept;
    baskets.set(keyOf(kind, token), { kind, token, hash, state, told, ...opened });
  }
  return baskets;
}

/** Nothing while nobody knows whose it is. */
function tell(applying: Applying, basket: Basket): Announcement[] {
  const who = whoOf(basket.who, applying.settings);
  if (!isSomebody(who)) return [];
  const { kind, token } = basket;
  const { events, told } = kind === 'cart' ? tellCart(token, basket) : tellCheckout(token, basket);
  if (events.length === 0) return [];
  basket.told = told;
  basket.isChanged = true;
  const { connector } = applying;
  return events.map(({ event, what, properties, atMs }: BasketEvent) => ({
    type: 'track',
    messageId: messageIdOf('cnb', connector.source, kind, token, event, what, basket.atMs, basket.hash),
    ...{ event, properties, who, occurredAtMs: atMs ?? basket.atMs },
    context: { channel: connector.settings.channel },
  }));
}

async function closeBaskets(applying: Applying, changed: readonly Basket[]): Promise<void> {
  const { ctx, connector, keys, ports } = applying;
  const rows = changed.map((basket): BasketRow => {
    const { kind, token, hash, state, told } = basket;
    return {
      ...{ kind, token, hash, state, told, version_at: new Date(basket.atMs) },
      ...{ who: sealWho(keys, basket.who), who_hashes: whoHashes(applying, basket.who) },
    };
  });
  await putBaskets(ctx.sql, ownerOf(applying), rows);
  const carts = changed.filter(({ kind, atMs }) => kind === 'cart' && atMs > 0);
  if (carts.length === 0) return;
  await ports.carts?.takeCarts(
    ctx,
    carts.map(({ token, atMs, state, who }): ToldCart => ({
      ref: { source: connector.source, id: token },
      ...{ atMs, currency: state.currency, who: whoOf(who, applying.settings) },
      lines: state.lines.map(
        ({ productId: productRef, variantId: variantRef, key, sku, name, quantity, priceMinor }) => ({
          ...{ productRef, variantRef, key, sku, name, quantity, priceMinor },
        }),
      ),
    })),
  );
}

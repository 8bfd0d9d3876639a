import { api } from '@segue/contract';
import type { Ctx } from '../../platform/context.ts';
import { AppError } from '../../platform/errors.ts';
import type { Routes } from '../../platform/http/index.ts';
import { parsePublicId, publicId } from '../../platform/ids/index.ts';
import { recordAudit } from '../accounts/index.ts';
import { findProfileId, requireProfileId } from '../profiles/index.ts';
import { type Basket, basketTx } from './basket.ts';
import { findOwner, readIdentifier } from './basket-owner.ts';
import { findByTokens } from './basket-store.ts';
import { changeLines } from './change-lines.ts';
import type { CartHold } from './hold-cart.ts';
import { linkBaskets } from './link-baskets.ts';
import { givenWords } from './lines/given-words.ts';
import { openBasket } from './open-basket.ts';
import { convertCarts } from './orders/convert-carts.ts';
import { presentBaskets, publicBasketId } from './present-basket.ts';
import { basketsOf, readBasket } from './read-baskets.ts';
import { renewToken, shareBasket } from './share-basket.ts';

/** Carts, wish lists and recently viewed, for tills, apps' servers and staff. */
export const basketRoutes: Routes = (serve, app) => {
  serveBaskets(serve, app);
  serveFates(serve, app);
};

const serveBaskets: Routes = (serve) => {
  serve(api.listBaskets, async ({ ctx, query: { profileId, identifier, kind } }) => {
    const whose = await findWhose(ctx, { profileId, identifier });
    const baskets = whose === undefined ? [] : ((await basketsOf(ctx.sql, ctx.workspaceId, [whose])).get(whose) ?? []);
    const wanted = baskets.filter((basket) => kind === undefined || basket.kind === kind);
    return { baskets: await presentBaskets(readerOf(ctx), wanted) };
  });

  serve(api.createBasket, async ({ ctx, body: { profileId, identifier, ...given } }) => {
    const owner = await findOwner(ctx, { profileId, identifier });
    const { id, isNew } = await openBasket(basketTx(ctx), {
      ...given,
      ...{ owner: owner ?? { profileId: null, node: null }, isLinked: owner !== undefined, source: 'api' },
    });
    const basket = await read(ctx, id);
    await recordAudit(ctx, { action: 'basket.opened', subject: publicBasketId(basket), detail: { isNew } });
    return { basket: await present(ctx, basket), isNew };
  });

  serve(api.getBasket, async ({ ctx, params }) => present(ctx, await read(ctx, idOf(params))));

  serve(api.setBasketLines, async ({ ctx, params, body: { lines, device, hold } }) => {
    const wish = { basketId: idOf(params), words: givenWords(lines), by: device, hold };
    const changed = await changeLines(basketTx(ctx), wish);
    if (changed === undefined) throw notThere();
    const { basket } = changed;
    const detail = { lines: lines.length, version: basket.version };
    await recordAudit(ctx, { action: 'basket.changed', subject: publicBasketId(basket), detail });
    return { basket: await present(ctx, basket), hold: presentHold(changed.hold) };
  });
};

/** What becomes of baskets: linked, shared, bought. */
const serveFates: Routes = (serve) => {
  serve(api.linkBasket, async ({ ctx, body: { token, profileId, identifier } }) => {
    const owner = await findOwner(ctx, { profileId, identifier });
    if (owner === undefined) {
      throw new AppError('invalid', 'It is not said whose the basket is', {
        details: [{ field: 'identifier', message: 'give profileId or identifier' }],
      });
    }
    const basketId = (await findByTokens(ctx.sql, ctx.workspaceId, [token])).get(token);
    if (basketId === undefined) throw notThere();
    const [linked] = await linkBaskets(basketTx(ctx), [{ basketId, owner }]);
    if (linked?.kind !== 'linked') {
      throw new AppError('conflict', 'The basket is another customer’s', {
        details: [{ field: 'token', message: 'is of somebody else’s own basket; open a new one for this device' }],
      });
    }
    const basket = await read(ctx, linked.basketId);
    await recordAudit(ctx, { action: 'basket.linked', subject: publicBasketId(basket) });
    return present(ctx, basket);
  });

  serve(api.shareBasket, async ({ ctx, params, body }) => {
    const basket = known(await shareBasket(basketTx(ctx), idOf(params), body));
    const detail = { isShared: body.isShared };
    await recordAudit(ctx, { action: 'basket.shared', subject: publicBasketId(basket), detail });
    return present(ctx, basket);
  });

  serve(api.renewBasketToken, async ({ ctx, params }) => {
    const basket = known(await renewToken(basketTx(ctx), idOf(params)));
    await recordAudit(ctx, { action: 'basket_token.renewed', subject: publicBasketId(basket) });
    return present(ctx, basket);
  });

  serve(api.convertBasket, async ({ ctx, params, body: { reference, lines } }) => {
    const cart = await read(ctx, idOf(params));
    if (cart.kind !== 'cart') throw new AppError('invalid', 'Only a cart is bought');
    const live = [...cart.lines.values()];
    const bought = lines ?? live.map(({ key, quantity }) => ({ key, quantity }));
    const nothing = { variantId: null, productRef: null, variantRef: null, sku: null };
    await convertCarts(basketTx(ctx), [
      {
        ...{ reference: `basket:${cart.id}:${reference}`, basketId: cart.id, source: null, cartToken: null },
        ...{ profileId: null, lines: bought.map((line) => ({ ...nothing, ...line })) },
        placedAtMs: Math.max(ctx.clock.now(), ...live.map(({ saidAtMs }) => saidAtMs)),
      },
    ]);
    await recordAudit(ctx, { action: 'basket.converted', subject: publicBasketId(cart), detail: { reference } });
    return present(ctx, await read(ctx, cart.id));
  });
};

async function findWhose(
  ctx: Ctx,
  { profileId, identifier }: { profileId: string | undefined; identifier: string | undefined },
): Promise<string | undefined> {
  if (profileId !== undefined) return requireProfileId(ctx, profileId);
  if (identifier !== undefined) return findProfileId(ctx, await readIdentifier(ctx, identifier));
  throw new AppError('invalid', 'It is not said whose baskets', {
    details: [{ field: 'identifier', message: 'give profileId or identifier' }],
  });
}

/** Ids of carts and of lists. */
function idOf({ id }: { id: string }): string {
  const uuid = parsePublicId('crt', id) ?? parsePublicId('wsh', id);
  if (uuid === undefined) throw notThere();
  return uuid;
}

function readerOf({ sql, workspaceId, clock }: Ctx) {
  return { sql, workspaceId, nowMs: clock.now() };
}

async function read(ctx: Ctx, id: string): Promise<Basket> {
  return known(await readBasket(ctx.sql, ctx.workspaceId, id));
}

function known(basket: Basket | undefined): Basket {
  if (basket === undefined) throw notThere();
  return basket;
}

function notThere(): AppError {
  return new AppError('not_found', 'There is no such basket');
}

async function present(ctx: Ctx, basket: Basket) {
  return (await presentBaskets(readerOf(ctx), [basket]))[0]!;
}

function presentHold(hold: CartHold | undefined) {
  if (hold === undefined) return null;
  const { ref, outcome } = hold;
  const expiresAtMs = outcome?.kind === 'reserved' ? outcome.expiresAtMs : null;
  const short = outcome?.kind === 'short' ? outcome.lines : [];
  return {
    ref,
    isHeld: outcome?.kind === 'reserved',
    expiresAt: expiresAtMs === null ? null : new Date(expiresAtMs).toISOString(),
    short: short.map((line) => ({ ...line, variantId: publicId('var', line.variantId) })),
  };
}

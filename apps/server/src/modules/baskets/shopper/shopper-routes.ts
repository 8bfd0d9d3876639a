import { api, type BodyOf, currencySchema } from '@segue/contract';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Ctx } from '../../../platform/context.ts';
import { AppError } from '../../../platform/errors.ts';
import { parseInput, type Routes } from '../../../platform/http/index.ts';
import { parsePublicId } from '../../../platform/ids/index.ts';
import { basketTx } from '../basket.ts';
import { findDeviceOwner } from '../basket-owner.ts';
import { findByShareToken, findByTokens, readVersions } from '../basket-store.ts';
import { changeLines } from '../change-lines.ts';
import { givenWords } from '../lines/given-words.ts';
import { openBasket } from '../open-basket.ts';
import { readBasket } from '../read-baskets.ts';
import { shareBasket } from '../share-basket.ts';
import { followedBaskets } from './follow-baskets.ts';
import { LiveStreams } from './live-streams.ts';
import { shopperContext, type ShopperDeps } from './shopper-access.ts';
import { beginStream, change, isText, openToPages, parseText } from './shopper-io.ts';
import { readShared, type ShopperBasket, syncBasket } from './sync-basket.ts';

const words = api.setBasketLines.body.shape;
const anonymousId = z.string({ error: 'give the anonymousId of the device' }).min(1).max(200).exactOptional();

const newBody = z.strictObject({
  kind: z.enum(['cart', 'wishlist'], { error: 'choose one of cart, wishlist' }),
  anonymousId,
  currency: currencySchema.exactOptional(),
  channel: z.enum(['web', 'app'], { error: 'choose one of web, app' }).default('web'),
});
const linesBody = z.strictObject({
  /** A word is about the basket as the device knows it: one that was merged meanwhile hands it on. */
  basketId: z.string({ error: 'give the id of the basket as it was answered last' }).max(100),
  lines: words.lines,
  device: words.device,
  anonymousId,
});
const shareBody = api.shareBasket.body;
const sinceQuery = z.object({
  since: z.coerce.number({ error: 'give the version that was answered last' }).int().min(0).optional(),
});

/** Baskets of browsers and apps: who has a basket's token reads and changes it, from any origin. */
export function createShopperBasketRoutes(deps: ShopperDeps): Routes {
  return (_serve, app) => {
    const streams = new LiveStreams(followedBaskets);
    // An open stream never ends by itself: a server that waits for it would never stop.
    app.addHook('preClose', async () => streams.close());
    openToPages(app);
    registerBaskets(app, deps);
    registerShared(app, deps);
    registerStream(app, deps, streams);
  };
}

function registerBaskets(app: FastifyInstance, deps: ShopperDeps): void {
  app.post('/v1/baskets', async (request, reply) => {
    const body = parseText(newBody, request.body);
    const ctx = await shopperContext(deps, request);
    const opened = await change(ctx, async (ctx) => {
      const { kind, channel, currency } = body;
      const owner = await findDeviceOwner(ctx, body.anonymousId);
      const wish = { kind, channel, owner, isLinked: false, source: 'device', currency: currency ?? null };
      return (await openBasket(basketTx(ctx), wish)).id;
    });
    const basket = await readBasket(ctx.sql, ctx.workspaceId, opened);
    return reply.code(201).send({ token: basket?.token, basket: await view(ctx, opened) });
  });

  app.get('/v1/baskets/:token', async (request) => {
    const { since } = parseInput(sinceQuery, request.query);
    const ctx = await shopperContext(deps, request);
    return view(ctx, await requireToken(ctx, request), since);
  });

  app.post('/v1/baskets/:token/lines', async (request) => {
    const body = parseText(linesBody, request.body);
    const ctx = await shopperContext(deps, request);
    const tokenId = await requireToken(ctx, request);
    const basketId = await requirePart(ctx, { tokenId, named: body.basketId });
    await change(ctx, async (ctx) => {
      const device = body.anonymousId === undefined ? undefined : await findDeviceOwner(ctx, body.anonymousId);
      const said = { words: givenWords(body.lines as BodyOf<typeof api.setBasketLines>['lines']), by: body.device };
      await changeLines(basketTx(ctx), { basketId, ...said, device });
    });
    return view(ctx, basketId);
  });

  app.post('/v1/baskets/:token/share', async (request) => {
    const body = parseText(shareBody, request.body);
    const ctx = await shopperContext(deps, request);
    const basketId = await requireToken(ctx, request);
    await change(ctx, (ctx) => shareBasket(basketTx(ctx), basketId, body));
    return view(ctx, basketId);
  });
}

function registerShared(app: FastifyInstance, deps: ShopperDeps): void {
  app.get('/v1/shared-baskets/:shareToken', async (request) => {
    const ctx = await shopperContext(deps, request);
    const { shareToken } = request.params as { shareToken: string };
    const id = isText(shareToken) ? await findByShareToken(ctx.sql, ctx.workspaceId, shareToken) : undefined;
    const shared = id === undefined ? undefined : await readShared(readerOf(ctx), id);
    if (shared === undefined) throw notThere();
    return shared;
  });
}

function registerStream(app: FastifyInstance, deps: ShopperDeps, streams: LiveStreams<number>): void {
  app.get('/v1/baskets/:token/stream', async (request, reply) => {
    const query = parseInput(sinceQuery, request.query);
    const ctx = await shopperContext(deps, request);
    const basketId = await requireToken(ctx, request);
    const resumed = Number(request.headers['last-event-id']);
    const given = query.since ?? (Number.isSafeInteger(resumed) && resumed > 0 ? resumed : undefined);
    const since = given ?? (await view(ctx, basketId)).version;
    beginStream(request, reply);
    streams.add(ctx, reply.raw, { id: basketId, since });
  });
}

function readerOf({ sql, workspaceId, clock }: Ctx) {
  return { sql, workspaceId, nowMs: clock.now() };
}

async function view(ctx: Ctx, basketId: string, since?: number): Promise<ShopperBasket> {
  const synced = await syncBasket(readerOf(ctx), basketId, since);
  if (synced === undefined) throw notThere();
  return synced.view;
}

/** The basket that the token was given out for. */
async function requireToken(ctx: Ctx, request: FastifyRequest): Promise<string> {
  const { token } = request.params as { token: string };
  const id = isText(token) ? (await findByTokens(ctx.sql, ctx.workspaceId, [token])).get(token) : undefined;
  if (id === undefined) throw notThere();
  return id;
}

/** A device names what it was told last: the basket of its token, or one that this became part of. */
async function requirePart(ctx: Ctx, { tokenId, named }: { tokenId: string; named: string }): Promise<string> {
  const id = parsePublicId('crt', named) ?? parsePublicId('wsh', named);
  for (let next: string | null = tokenId; next !== null;) {
    if (next === id) return id;
    const [row] = await readVersions(ctx.sql, ctx.workspaceId, [next]);
    next = row?.merged_into ?? null;
  }
  throw new AppError('invalid', 'The token is of another basket', {
    details: [{ field: 'basketId', message: 'give the id that this token was answered with last' }],
  });
}

function notThere(): AppError {
  return new AppError('not_found', 'There is no such basket');
}

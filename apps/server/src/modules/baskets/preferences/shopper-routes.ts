import { api } from '@segue/contract';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Ctx } from '../../../platform/context.ts';
import { AppError } from '../../../platform/errors.ts';
import { parseInput, type Routes } from '../../../platform/http/index.ts';
import { basketTx } from '../basket.ts';
import { findDeviceOwner } from '../basket-owner.ts';
import { type Followed, LiveStreams } from '../shopper/live-streams.ts';
import { shopperContext, type ShopperDeps } from '../shopper/shopper-access.ts';
import { beginStream, change, isText, openToPages, parseText } from '../shopper/shopper-io.ts';
import { openPreferences } from './link-preferences.ts';
import type { PreferenceSet } from './preference-set.ts';
import { listParts } from './preference-store.ts';
import { preferencesOfSet, type PresentedPreferences, versionOf } from './read-preferences.ts';
import { wordsOf } from './routes.ts';
import { sayPreferences } from './say-preferences.ts';
import { findSetByToken, readSet } from './set-store.ts';

const said = api.setPreferences.body.shape;
const anonymousId = z.string({ error: 'give the anonymousId of the device' }).min(1).max(200).exactOptional();
const newBody = z.strictObject({ anonymousId });
const changeBody = z.strictObject({ changes: said.changes, device: said.device, anonymousId });
const sinceQuery = z.object({ since: z.string().max(100).optional() });

const followedPreferences: Followed<string> = {
  event: 'preferences',
  async look({ sql, workspaceId }, ids) {
    const parts = await listParts(sql, workspaceId, ids);
    return new Map([...parts].map(([id, of]) => [id, (since) => versionOf(of) !== since]));
  },
  async read({ sql, workspaceId }, { id }) {
    const set = await readSet(sql, workspaceId, id);
    const view = set === undefined ? undefined : await preferencesOfSet(sql, workspaceId, set);
    return view === undefined ? undefined : { id, since: view.version, view };
  },
};

/** Preferences in browsers and apps: who has a token reads and changes what its customer prefers, from any origin. */
export function createShopperPreferenceRoutes(deps: ShopperDeps): Routes {
  return (_serve, app) => {
    const streams = new LiveStreams(followedPreferences);
    // An open stream never ends by itself: a server that waits for it would never stop.
    app.addHook('preClose', async () => streams.close());
    openToPages(app);
    registerPreferences(app, deps);
    app.get('/v1/preferences/:token/stream', async (request, reply) => {
      const { since } = parseInput(sinceQuery, request.query);
      const ctx = await shopperContext(deps, request);
      const set = await requireToken(ctx, request);
      const resumed = request.headers['last-event-id'];
      const given = since ?? (typeof resumed === 'string' && resumed !== '' ? resumed : undefined);
      const version = given ?? (await view(ctx, set)).version;
      beginStream(request, reply);
      streams.add(ctx, reply.raw, { id: set.id, since: version });
    });
  };
}

function registerPreferences(app: FastifyInstance, deps: ShopperDeps): void {
  app.post('/v1/preferences', async (request, reply) => {
    const body = parseText(newBody, request.body ?? {});
    const ctx = await shopperContext(deps, request);
    const { id, token } = await change(ctx, async (ctx) => {
      const owner = await findDeviceOwner(ctx, body.anonymousId);
      return openPreferences(basketTx(ctx), { owner, isLinked: false });
    });
    return reply.code(201).send({ token, preferences: await view(ctx, { id, isLinked: false }) });
  });

  app.get('/v1/preferences/:token', async (request) => {
    const ctx = await shopperContext(deps, request);
    return view(ctx, await requireToken(ctx, request));
  });

  app.post('/v1/preferences/:token', async (request) => {
    const body = parseText(changeBody, request.body);
    const ctx = await shopperContext(deps, request);
    const { id } = await requireToken(ctx, request);
    await change(ctx, async (ctx) => {
      const device = body.anonymousId === undefined ? undefined : await findDeviceOwner(ctx, body.anonymousId);
      await sayPreferences(basketTx(ctx), id, { words: wordsOf(body.changes), by: body.device, device });
    });
    // A customer may have signed in meanwhile.
    return view(ctx, await requireToken(ctx, request));
  });
}

async function view(ctx: Ctx, set: Pick<PreferenceSet, 'id' | 'isLinked'>): Promise<PresentedPreferences> {
  const preferences = await preferencesOfSet(ctx.sql, ctx.workspaceId, set);
  if (preferences === undefined) throw notThere();
  return preferences;
}

/** What the token was given out for. */
async function requireToken(ctx: Ctx, request: FastifyRequest): Promise<PreferenceSet> {
  const { token } = request.params as { token: string };
  const set = isText(token) ? await findSetByToken(ctx.sql, ctx.workspaceId, token) : undefined;
  if (set === undefined) throw notThere();
  return set;
}

function notThere(): AppError {
  return new AppError('not_found', 'The token leads to no preferences');
}

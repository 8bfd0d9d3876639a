import { readFile } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { KeyRing } from '../modules/accounts/index.ts';
import { consentRoutes, createPreferenceRoutes } from '../modules/consent/index.ts';
import { createTrackingRoutes, templateRoutes } from '../modules/content/index.ts';
import { type Committer, eventRoutes, registerIntake } from '../modules/events/index.ts';
import { journeyRoutes } from '../modules/journeys/index.ts';
import { messagingRoutes } from '../modules/messaging/index.ts';
import { profileRoutes } from '../modules/profiles/index.ts';
import { segmentRoutes } from '../modules/segments/index.ts';
import { createContext, type Ctx, type Services } from '../platform/context.ts';
import { AppError } from '../platform/errors.ts';
import { isAppendable } from '../platform/eventlog/index.ts';
import { createHttpServer, type RouteDeps } from '../platform/http/index.ts';

const HEALTH_TIMEOUT_MS = 2_000;

export interface HttpOptions {
  readonly services: Services;
  readonly keyRing: KeyRing;
  readonly committer: Committer;
  /** Folder of the page at `/`. */
  readonly pageDir: string;
}

/** Every route of the product. */
export function createHttp(options: HttpOptions): FastifyInstance {
  const { services, keyRing, committer } = options;
  const app = createHttpServer(services.logger);
  const contexts = new WeakMap<FastifyRequest, Ctx>();
  app.addHook('onRequest', async (request) => {
    const scope = request.routeOptions.config.scope;
    if (scope === undefined) return;
    contexts.set(request, await authenticate(services, keyRing, { request, scope }));
  });
  const deps: RouteDeps = { contextOf: (request) => contexts.get(request)! };
  registerIntake(app, { services, committer, findSource: (key) => keyRing.findSource(key) });
  for (const routes of [
    profileRoutes,
    eventRoutes,
    consentRoutes,
    createPreferenceRoutes(services),
    segmentRoutes,
    templateRoutes,
    createTrackingRoutes(services),
    messagingRoutes,
    journeyRoutes,
  ]) {
    // A plugin of its own, so that a parser one module adds is not another's.
    app.register(async (scope) => routes(scope, deps));
  }
  registerHealth(app, services);
  registerPage(app, options.pageDir);
  return app;
}

async function authenticate(
  services: Services,
  keyRing: KeyRing,
  call: { request: FastifyRequest; scope: string },
): Promise<Ctx> {
  const key = /^bearer +(\S+) *$/i.exec(call.request.headers.authorization ?? '')?.[1];
  const found = key === undefined ? undefined : await keyRing.findActor(key);
  if (found === undefined) {
    throw new AppError('unauthenticated', 'The API key is missing or unknown', {
      details: [{ field: 'Authorization', message: 'send "Authorization: Bearer <API key>"' }],
    });
  }
  const { actor, workspaceId } = found;
  if (actor.kind === 'apiKey' && !actor.scopes.includes(call.scope)) {
    throw new AppError('forbidden', `This key may not do that; it needs the scope ${call.scope}`);
  }
  return createContext(services, workspaceId, actor);
}

/** 200 only when an event sent now would be accepted. */
function registerHealth(app: FastifyInstance, services: Services): void {
  app.get('/api/health', async (_request, reply) => {
    const [accepting, history] = await Promise.all([
      inTime(isAppendable(services.postgres)),
      inTime(services.history.ping()),
    ]);
    return reply.code(accepting ? 200 : 503).send({ status: accepting ? 'ok' : 'unavailable', accepting, history });
  });
}

async function inTime(answer: Promise<boolean>): Promise<boolean> {
  const late = new Promise<boolean>((resolve) => setTimeout(resolve, HEALTH_TIMEOUT_MS, false).unref());
  return Promise.race([answer.catch(() => false), late]);
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
};

/** The page at `/`: static files under a policy that lets nothing but itself run. */
function registerPage(app: FastifyInstance, dir: string): void {
  app.get('/*', async (request, reply) => {
    const path = normalize(decodeURIComponent(request.url.split('?')[0]!));
    const file = join(dir, path === sep ? 'index.html' : path);
    const type = CONTENT_TYPES[extname(file)];
    const content =
      type === undefined || !file.startsWith(dir + sep) ? undefined : await readFile(file).catch(() => undefined);
    if (content === undefined) return reply.callNotFound();
    return reply
      .type(type!)
      .header(
        'content-security-policy',
        "default-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'",
      )
      .header('x-content-type-options', 'nosniff')
      .header('referrer-policy', 'no-referrer')
      .header('cache-control', 'no-cache')
      .send(content);
  });
}

import { readFile } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Accounts, KeyRing } from '../modules/accounts/index.ts';
import {
  consentRoutes,
  createPreferenceRoutes,
  createReachabilityRoutes,
  createSignalRoutes,
  readMergedConsents,
} from '../modules/consent/index.ts';
import {
  createLinkDomainRoutes,
  createTrackingRoutes,
  currentTemplateVersion,
  findLinkHome,
  templateRoutes,
} from '../modules/content/index.ts';
import {
  type Committer,
  createSourceRoutes,
  createWebhookRoutes,
  eventRoutes,
  type IntakeSettings,
  registerIntake,
  sessionRoutes,
} from '../modules/events/index.ts';
import { createAnswerRoutes } from '../modules/answers/index.ts';
import { catalogRoutes, createFeedRoutes } from '../modules/catalog/index.ts';
import { createInventoryRoutes } from '../modules/inventory/index.ts';
import { createOrderRoutes } from '../modules/orders/index.ts';
import {
  basketRoutes,
  createAlertRoutes,
  createShopperAlertRoutes,
  createShopperBasketRoutes,
  createShopperPreferenceRoutes,
  preferenceRoutes,
} from '../modules/baskets/index.ts';
import { couponRoutes } from '../modules/promotions/index.ts';
import { loyaltyRoutes } from '../modules/loyalty/index.ts';
import { createConnectorHookRoutes, createConnectorRoutes, createPosHookRoutes } from '../modules/connectors/index.ts';
import { findJourneys, journeyRoutes } from '../modules/journeys/index.ts';
import {
  type ChannelName,
  createMessagingRoutes,
  createWebViewRoutes,
  readLessOften,
  SENDING_CHANNELS,
} from '../modules/messaging/index.ts';
import {
  createShopifyHookRoutes,
  privacyRequestRoutes,
  retentionRoutes,
  shopifyAccountRoutes,
} from '../modules/privacy/index.ts';
import { companyRoutes, createIdentityGraphRoutes, profileRoutes } from '../modules/profiles/index.ts';
import { computedTraitRoutes, createSegmentRoutes, lifecycleRoutes, listRoutes } from '../modules/segments/index.ts';
import { exportRoutes, importRoutes } from '../modules/transfers/index.ts';
import type { TrustProxy } from '../platform/config/index.ts';
import type { Ctx, Services } from '../platform/context.ts';
import { registerHealth } from '../platform/health.ts';
import {
  createDrain,
  type Drain,
  endConnections,
  observeRequests,
  createHttpServer,
  createServe,
  registerApiDocs,
  type Routes,
} from '../platform/http/index.ts';
import { registerMetrics } from '../platform/metrics/index.ts';
import { createOutbound, type Outbound } from '../platform/outbound/index.ts';
import { authenticate } from './authenticate.ts';
import { createCommerce, products } from './commerce.ts';
import { isOpenPath } from './open-paths.ts';
import { createSendGuard } from './send-guard.ts';
import { createProfileReshaper } from './stages.ts';

export interface HttpOptions {
  readonly services: Services;
  readonly keyRing: KeyRing;
  readonly accounts: Accounts;
  readonly committer: Committer;
  /** Folder of the page at `/`. */
  readonly pageDir: string;
  /** Where the world reaches this server; default: the loopback address. */
  readonly publicUrl?: string;
  /** What an operator decides about intake. */
  readonly intake?: IntakeSettings;
  /** Whose word about the connection before theirs is believed; undefined: nobody's. */
  readonly trustProxy?: TrustProxy | undefined;
  /** Default: one nobody begins. */
  readonly drain?: Drain;
  /** Default: no access log, and no metrics on this port. */
  readonly accessLog?: boolean;
  readonly metricsToken?: string | undefined;
  /** How servers outside are called; default: only public ones. */
  readonly outbound?: Outbound;
  /** On which something can be sent; default: all. */
  readonly channels?: ReadonlySet<ChannelName>;
}

/** Every route of the product. */
export function createHttp(options: HttpOptions): FastifyInstance {
  const { services, keyRing, accounts, committer, publicUrl = 'http://127.0.0.1:4100' } = options;
  const app = createHttpServer(services.logger, { trustProxy: options.trustProxy, isOpenPath });
  const drain = options.drain ?? createDrain();
  endConnections(app, drain);
  observeRequests(app, services, { accessLog: options.accessLog ?? false });
  const contexts = new WeakMap<FastifyRequest, Ctx>();
  app.addHook('onRequest', async (request, reply) => {
    const { endpoint } = request.routeOptions.config;
    if (endpoint === undefined) return;
    contexts.set(request, await authenticate({ services, accounts }, { request, reply, endpoint }));
  });
  const contextOf = (request: FastifyRequest): Ctx => contexts.get(request)!;
  registerIntake(app, { services, committer, findSource: (key) => keyRing.findSource(key), settings: options.intake });
  const outbound = options.outbound ?? createOutbound();
  for (const routes of [
    ...accounts.routes,
    profileRoutes,
    createIdentityGraphRoutes(createProfileReshaper(services), readMergedConsents),
    companyRoutes,
    eventRoutes,
    sessionRoutes,
    createSourceRoutes(committer),
    consentRoutes,
    createPreferenceRoutes(services, {
      readLessOften,
      findHome: (sql, workspaceId) => findLinkHome(sql, workspaceId, publicUrl),
    }),
    createSignalRoutes({ services, committer }),
    createSegmentRoutes({ template: currentTemplateVersion, journey: findJourneys }),
    computedTraitRoutes,
    lifecycleRoutes,
    listRoutes,
    templateRoutes,
    createTrackingRoutes(services),
    createLinkDomainRoutes({ publicUrl }),
    createWebViewRoutes(services, { publicUrl }),
    createMessagingRoutes({
      channels: options.channels ?? new Set(SENDING_CHANNELS),
      guard: createSendGuard(services.clock),
      products,
      publicUrl,
    }),
    journeyRoutes,
    createReachabilityRoutes(SENDING_CHANNELS),
    createAnswerRoutes(SENDING_CHANNELS),
    ...shopRoutes(services, { keyRing, outbound }),
    privacyRequestRoutes,
    retentionRoutes,
    shopifyAccountRoutes,
    createShopifyHookRoutes(services),
    importRoutes,
    exportRoutes,
    createWebhookRoutes(outbound),
  ]) {
    // A plugin of its own, so that a parser one module adds is not another's.
    app.register(async (scope) => routes(createServe(scope, { contextOf }), scope));
  }
  registerHealth(app, services, drain);
  if (services.metrics !== undefined) {
    registerMetrics(app, services.metrics, { token: options.metricsToken, isOpen: false });
  }
  registerApiDocs(app, { publicUrl });
  registerPage(app, options.pageDir);
  return app;
}

/** What the shop sells and has, and whoever tells of it. */
function shopRoutes(services: Services, { keyRing, outbound }: { keyRing: KeyRing; outbound: Outbound }): Routes[] {
  const commerce = createCommerce();
  return [
    catalogRoutes,
    createFeedRoutes(outbound),
    createInventoryRoutes(services),
    createOrderRoutes(commerce),
    basketRoutes,
    preferenceRoutes,
    createAlertRoutes(),
    createShopperBasketRoutes({ services, findSource: (key) => keyRing.findSource(key) }),
    createShopperAlertRoutes({ services, findSource: (key) => keyRing.findSource(key) }),
    createShopperPreferenceRoutes({ services, findSource: (key) => keyRing.findSource(key) }),
    couponRoutes,
    loyaltyRoutes,
    createConnectorRoutes({ outbound, ports: commerce.shops }),
    createConnectorHookRoutes(services),
    createPosHookRoutes(services),
  ];
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
};

/** Addresses people see. */
const PAGES: Readonly<Record<string, string>> = {
  '/': 'index.html',
  '/sign-in': 'sign-in.html',
  '/invite': 'invite.html',
  '/reset-password': 'reset-password.html',
  '/account': 'account.html',
};

/** The page at `/`: static files under a policy that lets nothing but itself run. */
function registerPage(app: FastifyInstance, dir: string): void {
  app.get('/*', async (request, reply) => {
    const path = normalize(decodeURIComponent(request.url.split('?')[0]!));
    const file = join(dir, PAGES[path] ?? path);
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

import { createHmac, randomBytes } from 'node:crypto';
import { api, EVERY_SCOPE } from '@segue/contract';
import type { FastifyInstance } from 'fastify';
import { postgresMigrations } from '../../../compose/migrations.ts';
import type { History } from '../../../platform/clickhouse/index.ts';
import { createContext, type Ctx, type Services } from '../../../platform/context.ts';
import { open } from '../../../platform/crypto/index.ts';
import { createEventLog } from '../../../platform/eventlog/index.ts';
import type { Json, JsonObject } from '../../../platform/json.ts';
import { createOutbound, type Outbound } from '../../../platform/outbound/index.ts';
import type { Postgres } from '../../../platform/postgres/index.ts';
import { createTestClock, createTestDatabase, serveRoutes, type TestClock } from '../../../testkit/index.ts';
import { createKeyRing, createWorkspace } from '../../accounts/index.ts';
import { createOrderBook } from '../../orders/index.ts';
import {
  createConnectorHookRoutes,
  createConnectorRoutes,
  createPosHookRoutes,
  runConnectorInbox,
  type ShopPorts,
} from '../index.ts';

export const NOW = Date.UTC(2026, 10, 23, 12);
export const SHOP = 'snowdevil.myshopify.com';
export const SECRET = 'hush-hush-hush';

/** What connectors hand to whoever keeps carts, coupons and requests about data. */
export interface Handed {
  readonly carts: Parameters<NonNullable<ShopPorts['carts']>['takeCarts']>[1][number][];
  readonly coupons: Parameters<NonNullable<ShopPorts['coupons']>['takeCoupons']>[1][];
  readonly honoured: Parameters<NonNullable<ShopPorts['coupons']>['takeHonoured']>[1][number][];
  readonly compliance: Parameters<ShopPorts['compliance']['take']>[1][];
}

/** Connectors over a database of their own: a workspace for each that asks. */
export interface ConnectorRoom {
  readonly postgres: Postgres;
  readonly clock: TestClock;
  openShop(): Promise<ConnectorShop>;
  drop(): Promise<void>;
}

/** One workspace with the routes of connectors. */
export interface ConnectorShop {
  readonly ctx: Ctx;
  readonly services: Services;
  readonly ports: ShopPorts;
  readonly handed: Handed;
  readonly outbound: Outbound;
  call(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: Json | Buffer, type?: string): Promise<Told>;
  /** Connects a Shopify shop; answers its id. */
  connect(fields?: JsonObject): Promise<string>;
  /** A webhook of it, signed; answers the status. */
  hook(id: string, topic: string, payload: Json | Buffer, headers?: Record<string, string>): Promise<number>;
  /** Until nothing is pending. */
  drain(): Promise<void>;
  /** What was announced, oldest first. */
  told(): Promise<JsonObject[]>;
  query<R = Record<string, unknown>>(text: string): Promise<R[]>;
  /** Products, stock, orders and carts, by the shop's own names: the same for the same truth. */
  dump(): Promise<JsonObject>;
}

export interface Told {
  readonly status: number;
  readonly body: JsonObject;
}

export async function openConnectorRoom(): Promise<ConnectorRoom> {
  const database = await createTestDatabase(postgresMigrations);
  const { postgres } = database;
  const clock = createTestClock(NOW);
  const secret = randomBytes(32);
  const keyRing = createKeyRing(postgres, secret);
  const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const services: Services = {
    ...{ postgres, clock, logger: quiet, log: createEventLog(), keysOf: (id: number) => keyRing.keysOf(id) },
    // Nothing here asks it.
    history: undefined as unknown as History,
  };
  let shops = 0;
  return {
    ...{ postgres, clock },
    async openShop() {
      const made = await postgres.transaction((sql) =>
        createWorkspace(sql, { name: `Shop ${++shops}`, secret, nowMs: NOW, scopes: [EVERY_SCOPE] }),
      );
      return openShop(services, made.workspaceId);
    },
    drop: () => database.drop(),
  };
}

function openShop(services: Services, workspaceId: number): ConnectorShop {
  const handed: Handed = { carts: [], coupons: [], honoured: [], compliance: [] };
  const ports: ShopPorts = {
    orders: createOrderBook({ followers: [] }),
    compliance: { take: async (_ctx, request) => void handed.compliance.push(request) },
    carts: { takeCarts: async (_ctx, carts) => void handed.carts.push(...carts) },
    coupons: {
      takeCoupons: async (_ctx, told) => void handed.coupons.push(told),
      takeHonoured: async (_ctx, honoured) => void handed.honoured.push(...honoured),
    },
  };
  const ctx = createContext(services, workspaceId, { kind: 'system', name: 'test' });
  const outbound = createOutbound({ allow: ['127.0.0.0/8'] });
  const routes = serveRoutes([createConnectorRoutes({ outbound, ports }), createPosHookRoutes(services)], () => ctx);
  const hooks = serveRoutes([createConnectorHookRoutes(services)], () => ctx);
  const shop: ConnectorShop = {
    ...{ ctx, services, ports, handed, outbound },
    call: (method, path, body, type) => call(routes, { method, path, body, type }),
    async connect(fields = {}) {
      const body = { kind: 'shopify', name: 'Snow Devil', currency: 'USD', shopDomain: SHOP, clientSecret: SECRET };
      const { status, body: made } = await shop.call('POST', api.createConnector.path, { ...body, ...fields });
      if (status !== 201) throw new Error(JSON.stringify(made));
      return String(made['id']);
    },
    async hook(id, topic, payload, headers = {}) {
      const body = Buffer.isBuffer(payload) ? payload : Buffer.from(JSON.stringify(payload));
      const response = await hooks.inject({
        ...{ method: 'POST', url: `/hooks/connectors/${id}`, payload: body },
        headers: { 'content-type': 'application/json', ...signed(topic, body), ...headers },
      });
      return response.statusCode;
    },
    async drain() {
      while ((await runConnectorInbox(services, ports)) > 0);
    },
    async told() {
      const keys = await services.keysOf(workspaceId);
      const rows = await shop.query<{ item: Buffer }>(
        'select item from announcement where workspace_id = $1 order by id',
      );
      return rows.map((row) => JSON.parse(open(keys.wrapping, row.item).toString('utf8')) as JsonObject);
    },
    async query<R>(text: string) {
      const { rows } = await services.postgres.query<R>({ text, values: [workspaceId] });
      return rows;
    },
    dump: () => dump(shop),
  };
  return shop;
}

let deliveries = 0;

/** Headers as Shopify sends them. */
export function signed(topic: string, body: Buffer, secret = SECRET): Record<string, string> {
  return {
    'x-shopify-topic': topic,
    'x-shopify-hmac-sha256': createHmac('sha256', secret).update(body).digest('base64'),
    'x-shopify-shop-domain': SHOP,
    'x-shopify-webhook-id': `delivery-${++deliveries}`,
  };
}

async function call(
  app: FastifyInstance,
  asked: {
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
    path: string;
    body: Json | Buffer | undefined;
    type: string | undefined;
  },
): Promise<Told> {
  const { method, path, body, type = 'application/json' } = asked;
  const payload = body === undefined || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  const response = await app.inject({
    ...{ method, url: path, headers: payload === undefined ? {} : { 'content-type': type } },
    ...(payload !== undefined && { payload }),
  });
  return { status: response.statusCode, body: response.body === '' ? {} : (response.json() as JsonObject) };
}

/** Ids and instants of ours are left out: they differ and mean nothing. */
async function dump(shop: ConnectorShop): Promise<JsonObject> {
  const parts = await Promise.all(Object.entries(DUMPED).map(async ([name, text]) => [name, await shop.query(text)]));
  return JSON.parse(JSON.stringify(Object.fromEntries(parts))) as JsonObject;
}

const DUMPED: Readonly<Record<string, string>> = {
  products: `select r.source, r.external_id, p.title, p.status, p.vendor, p.url, p.tags from product p
    join external_ref r on r.workspace_id = p.workspace_id and r.kind = 'product' and r.internal_id = p.id
    where p.workspace_id = $1 order by 1, 2`,
  variants: `select r.source, r.external_id, v.sku, v.title, v.status from variant v
    join external_ref r on r.workspace_id = v.workspace_id and r.kind = 'variant' and r.internal_id = v.id
    where v.workspace_id = $1 order by 1, 2`,
  prices: `select distinct on (r.external_id, h.channel, h.currency) r.external_id, h.channel, h.currency, h.amount_minor, h.compare_at_minor
    from price_history h
    join external_ref r on r.workspace_id = h.workspace_id and r.kind = 'variant' and r.internal_id = h.variant_id
    where h.workspace_id = $1 order by r.external_id, h.channel, h.currency, h.from_at desc`,
  locations: `select r.external_id, l.name, l.state from location l
    join external_ref r on r.workspace_id = l.workspace_id and r.kind = 'location' and r.internal_id = l.id
    where l.workspace_id = $1 order by 1`,
  levels: `select v.external_id as variant, l.external_id as location, s.on_hand - s.unavailable - s.reserved as available
    from stock_level s
    join external_ref v on v.workspace_id = s.workspace_id and v.kind = 'variant' and v.internal_id = s.item_id
    join external_ref l on l.workspace_id = s.workspace_id and l.kind = 'location' and l.internal_id = s.location_id
    where s.workspace_id = $1 order by 1, 2`,
  orders: `select o.source, o.source_order_id, o.number, o.channel, o.currency, o.placed_at, o.is_accepted, o.payment, o.fulfilment,
      o.standing, o.cancelled_at, o.total_minor, o.subtotal_minor, o.discount_minor, o.shipping_minor, o.tax_minor,
      o.paid_minor, o.refunded_minor, o.coupon_codes, l.external_id as location
    from shop_order o
    left join external_ref l on l.workspace_id = o.workspace_id and l.kind = 'location' and l.internal_id = o.location_id
    where o.workspace_id = $1 order by 1, 2`,
  lines: `select o.source_order_id, n.line_id, v.external_id as variant, n.name, n.quantity, n.cancelled, n.fulfilled, n.returned,
      n.unit_price_minor, n.discount_minor
    from order_line n join shop_order o on o.workspace_id = n.workspace_id and o.id = n.order_id
    left join external_ref v on v.workspace_id = n.workspace_id and v.kind = 'variant' and v.internal_id = n.variant_id
    where n.workspace_id = $1 order by 1, 2`,
  carts: `select kind, token, version_at, state from connector_basket where workspace_id = $1 order by 1, 2`,
  counted: `select external_id, placed_at, total_minor, is_counted from connector_order where workspace_id = $1 order by 1`,
  waiting: `select awaits, key from connector_waiting where workspace_id = $1 order by 1, 2`,
};

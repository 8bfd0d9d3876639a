import { ALERT_EVENTS, type AlertType } from '@segue/contract';
import type { FastifyInstance } from 'fastify';
import { createContext, type Ctx, type Services } from '../../../../platform/context.ts';
import { createReshaper, eventlogMigrations, inTransaction, type Stage } from '../../../../platform/eventlog/index.ts';
import { type LogProcess, openLogProcess, storedEvent } from '../../../../platform/eventlog/testing/log-process.ts';
import { httpMigrations } from '../../../../platform/http/index.ts';
import { newUuid, publicId } from '../../../../platform/ids/index.ts';
import type { JsonObject } from '../../../../platform/json.ts';
import {
  createTestClock,
  createTestDatabase,
  createTestHistory,
  numberWorkspaces,
  serveRoutes,
  type TestClock,
  type TestDatabase,
  type TestHistory,
} from '../../../../testkit/index.ts';
import { accountsMigrations } from '../../../accounts/index.ts';
import { catalogMigrations, upsertProducts } from '../../../catalog/index.ts';
import { consentMigrations } from '../../../consent/index.ts';
import { createSubjectHistory, eventsHistoryMigrations, eventsMigrations } from '../../../events/index.ts';
import {
  createInventoryRoutes,
  inventoryMigrations,
  recordMovements,
  runStockNews,
  upsertLocations,
} from '../../../inventory/index.ts';
import { createOrderBook, createOrderRoutes, ordersMigrations } from '../../../orders/index.ts';
import {
  createIdentityGraphRoutes,
  createIdentityStage,
  createTraitsStage,
  findProfileId,
  IdentifierReader,
  NodeDirectory,
  profilesMigrations,
} from '../../../profiles/index.ts';
import { basketsMigrations } from '../../migrations/index.ts';
import { insertAlert } from '../alert-store.ts';
import { insertReader } from '../edges/reader-store.ts';
import { runAlertEdges } from '../edges/run-alert-edges.ts';
import { alertMigrations } from '../migrations/index.ts';
import { alertFollower } from '../orders/alert-follower.ts';
import type { AlertPorts } from '../ports.ts';
import { createAlertsStage } from '../profiles/alerts-stage.ts';
import { basketRoutes } from '../../routes.ts';
import { createAlertRoutes } from '../routes.ts';
import { DAY_MS } from '../settings.ts';
import { runAlertWaves } from '../tell/run-alert-waves.ts';

const NOW = Date.UTC(2026, 10, 22, 9);
const reader = new IdentifierReader();

export interface Customer {
  readonly profileId: string;
  readonly node: number;
  /** As calls name her. */
  readonly identifier: string;
}

export interface Telling {
  readonly profileId: string;
  readonly edge: number;
}

interface Reply {
  readonly status: number;
  readonly body: JsonObject;
}

interface Engines {
  readonly database: TestDatabase;
  readonly history: TestHistory;
  readonly process: LogProcess;
}

/** A shop whose stock and prices change, and whose customers want to hear of it. */
export class AlertWorld {
  readonly services: Services;
  readonly ctx: Ctx;
  readonly clock: TestClock;
  readonly app: FastifyInstance;
  /** What stages heard of alerts, as journeys and segments do. */
  readonly #heard: JsonObject[] = [];
  readonly #engines: Engines;
  readonly #directory: NodeDirectory;
  readonly #stages: readonly Stage[];
  #serial = 0;

  private constructor(engines: Engines, clock: TestClock) {
    const { process, database, history } = engines;
    this.#engines = engines;
    this.clock = clock;
    this.services = { ...process.services, postgres: database.postgres };
    this.ctx = createContext(this.services, 1, { kind: 'system', name: 'test' });
    this.#directory = new NodeDirectory(database.postgres, this.services.keysOf);
    this.#stages = [
      createIdentityStage(),
      createTraitsStage((id) => this.services.keysOf(id)),
      createAlertsStage(),
      this.#ears(),
    ];
    const book = createOrderBook({ followers: [alertFollower] });
    const coupons = { hold: async () => [], commit: nothing, void: nothing };
    const points = { burn: async () => [] };
    const reshaper = createReshaper({ stages: this.#stages, history: createSubjectHistory(history.history) });
    const routes = [
      ...[createAlertRoutes(), createInventoryRoutes(this.services), createIdentityGraphRoutes(reshaper)],
      ...[basketRoutes, createOrderRoutes({ book, coupons, points })],
    ];
    this.app = serveRoutes(routes, () => ({ ...this.ctx, ip: '127.0.0.1' }));
  }

  static async open(): Promise<AlertWorld> {
    const migrations = [
      ...[eventlogMigrations, httpMigrations, accountsMigrations, profilesMigrations, eventsMigrations],
      ...[
        consentMigrations,
        catalogMigrations,
        inventoryMigrations,
        ordersMigrations,
        basketsMigrations,
        alertMigrations,
      ],
    ];
    const database = await createTestDatabase(migrations.flat(), { maxConnections: 12 });
    await numberWorkspaces(database.postgres, 1);
    const history = await createTestHistory(eventsHistoryMigrations);
    const clock = createTestClock(NOW);
    const process = await openLogProcess({ databaseUrl: database.url, history: history.history, clock });
    await insertReader(database.postgres, 1);
    return new AlertWorld({ database, history, process }, clock);
  }

  async close(): Promise<void> {
    const { process, database, history } = this.#engines;
    await this.app.close();
    await process.close();
    await Promise.all([database.drop(), history.drop()]);
  }

  #ears(): Stage {
    const names = new Set<string>(Object.values(ALERT_EVENTS));
    return {
      name: 'ears',
      hears: async () => (event) => names.has(event.name),
      run: async (batch) => {
        for (const { event, subject } of batch.entries) {
          if (!names.has(event.name) || subject === undefined) continue;
          this.#heard.push({ event: event.name, profileId: subject.id, ...event.payload.properties });
        }
      },
    };
  }

  word(): string {
    this.#serial += 1;
    return `w${this.#serial}`;
  }

  /** Until everything that was said is processed. */
  async settle(): Promise<void> {
    await this.#engines.process.process(this.#stages);
  }

  /** A variant at 20.00 EUR, counted at a new store where none lies yet. */
  async goods(): Promise<{ variantId: string; locationId: string; ref: string }> {
    const ref = this.word();
    const variantId = await this.price(ref, 2_000);
    const locationId = await inTransaction(this.ctx, async (ctx) => {
      const [id] = await upsertLocations(ctx, [
        { ref: { source: 'api', id: ref }, name: `Store ${ref}`, kind: 'store' },
      ]);
      return id!;
    });
    await this.move({ variantId, locationId }, 1);
    await this.move({ variantId, locationId }, -1);
    await this.hear();
    return { variantId, locationId, ref };
  }

  /** Sets what a variant costs from now on; answers the variant. */
  async price(ref: string, amountMinor: number, status: 'active' | 'draft' = 'active'): Promise<string> {
    return inTransaction(this.ctx, async (ctx) => {
      const [product] = await upsertProducts(ctx, [
        {
          ref: { source: 'api', id: ref },
          ...{ title: `Tee ${ref}`, status },
          variants: [{ ref: { source: 'api', id: ref }, sku: ref, prices: [{ currency: 'EUR', amountMinor }] }],
        },
      ]);
      return product!.variantIds.get(ref)!;
    });
  }

  /** Brings or takes pieces; nobody has heard of it yet. */
  async move(goods: { variantId: string; locationId: string }, delta: number): Promise<void> {
    const { variantId, locationId } = goods;
    await inTransaction(this.ctx, (ctx) =>
      recordMovements(ctx, [{ variantId, locationId, field: 'on_hand', delta, reason: 'counted' }]),
    );
  }

  async news(): Promise<void> {
    while ((await runStockNews(this.services)) > 0);
  }

  async edges(): Promise<void> {
    while ((await runAlertEdges(this.services)) > 0);
  }

  async waves(ports: AlertPorts = {}): Promise<void> {
    while ((await runAlertWaves(this.services, ports)) > 0);
  }

  /** All that follows from a change: its news, its edges, and who is told now. */
  async hear(ports: AlertPorts = {}): Promise<void> {
    await this.news();
    await this.edges();
    await this.waves(ports);
  }

  /** Somebody new for each, known by a user id or what `kind` says. */
  async customers(count: number, kind = 'userId'): Promise<Customer[]> {
    const { workspaceId } = this.ctx;
    const domain = kind === 'email' ? '@customer.example' : '';
    const identifiers = Array.from({ length: count }, () => reader.read(kind, `${this.word()}${domain}`)!);
    await this.#directory.ensure(identifiers.map((identifier) => ({ workspaceId, identifier })));
    const nodes = identifiers.map((identifier) => this.#directory.find(workspaceId, identifier)!);
    await this.#directory.ensureKeys(
      workspaceId,
      nodes.map(({ id }) => id),
    );
    const at = this.clock.now();
    const said = { workspaceId, type: 'identify' as const, name: '', occurredAt: at, receivedAt: at };
    await this.#engines.process.append(
      nodes.map((node) => ({
        lane: node.lane,
        event: storedEvent({ ...said, nodes: [{ kind: node.kind, id: node.id }] }),
      })),
    );
    await this.settle();
    const known: Customer[] = [];
    for (const [place, identifier] of identifiers.entries()) {
      const profileId = (await findProfileId(this.ctx, identifier))!;
      known.push({ profileId, node: nodes[place]!.id, identifier: `${identifier.kind}:${identifier.value}` });
    }
    return known;
  }

  /** Puts a variant into a basket of hers, as baskets keep it. */
  async hold(
    { variantId }: { variantId: string },
    { profileId, node }: Customer,
    { kind = 'cart', priceMinor = 2_000 } = {},
  ): Promise<void> {
    const at = new Date(this.clock.now());
    const id = newUuid(this.clock.now());
    await this.rows(
      `insert into basket (workspace_id, id, kind, token, profile_id, node, is_linked, channel, source, created_at, updated_at)
       values ($1, $2, $3, $2::uuid::text, $4, $5, true, 'web', 'api', $6, $6)`,
      [id, kind, profileId, node, at],
    );
    await this.rows(
      `insert into basket_line (workspace_id, basket_id, line_key, variant_id, quantity, price_minor, currency, seq, said_at_ms,
         said_by, added_at) values ($1, $2, 'line', $3, 1, $4, 'EUR', 1, 0, 'api', $5)`,
      [id, variantId, priceMinor, at],
    );
  }

  async customer(kind?: string): Promise<Customer> {
    return (await this.customers(1, kind))[0]!;
  }

  /** Restock alerts, as the API makes them; each a second after the one before. */
  async waitFor(
    goods: { variantId: string },
    customers: readonly Customer[],
    locationId: string | null = null,
  ): Promise<string[]> {
    const ids: string[] = [];
    for (const [at, { profileId, node }] of customers.entries()) {
      const createdAt = new Date(this.clock.now() - (customers.length - at) * 1_000);
      const id = newUuid(createdAt.getTime());
      await insertAlert(this.services.postgres, this.ctx.workspaceId, {
        ...{ id, profileId, node, variantId: goods.variantId, locationId, type: 'restock', channel: 'web' },
        ...{ threshold: null, baselineMinor: null, currency: null, dueAt: null, source: 'api', createdAt },
        ...{ expiresAt: new Date(this.clock.now() + 365 * DAY_MS), lookAt: null },
      });
      ids.push(id);
    }
    return ids;
  }

  async call(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<Reply> {
    const payload = body === undefined ? {} : { payload: body as object };
    const response = await this.app.inject({ method, url: `/api/v1/${path}`, ...payload });
    return { status: response.statusCode, body: response.body === '' ? {} : response.json<JsonObject>() };
  }

  /** Asks for an alert. */
  ask(variantId: string, fields: JsonObject): Promise<Reply> {
    return this.call('POST', 'alerts', { variantId: publicId('var', variantId), ...fields });
  }

  async rows<T>(text: string, values: readonly unknown[] = []): Promise<T[]> {
    return (await this.services.postgres.query<T>({ text, values: [this.ctx.workspaceId, ...values] })).rows;
  }

  async tellings(variantId: string): Promise<Telling[]> {
    return this.rows(
      `select profile_id as "profileId", edge from alert_telling where workspace_id = $1 and variant_id = $2
       order by told_at, id`,
      [variantId],
    );
  }

  /** How many alerts of a variant are in each state. */
  async states(variantId: string): Promise<Record<string, number>> {
    const rows = await this.rows<{ state: string; count: number }>(
      'select state, count(*)::int as count from stock_alert where workspace_id = $1 and variant_id = $2 group by state',
      [variantId],
    );
    return Object.fromEntries(rows.map((row) => [row.state, row.count]));
  }

  /** What was heard of a variant, in its order. */
  async heard(type: AlertType, variantId: string): Promise<JsonObject[]> {
    await this.settle();
    const variant = publicId('var', variantId);
    return this.#heard.filter((one) => one['event'] === ALERT_EVENTS[type] && one['variant_id'] === variant);
  }
}

async function nothing(): Promise<void> {}

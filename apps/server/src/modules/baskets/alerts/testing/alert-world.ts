import { randomUUID } from 'node:crypto';
import { ALERT_EVENTS, type AlertType } from '@segue/contract';
import type { Services } from '../../../../platform/context.ts';
import { inTransaction } from '../../../../platform/eventlog/index.ts';
import { newUuid, parsePublicId, publicId } from '../../../../platform/ids/index.ts';
import type { JsonObject } from '../../../../platform/json.ts';
import { createTestClock, type TestClock } from '../../../../testkit/index.ts';
import { upsertProducts } from '../../../catalog/index.ts';
import { API_KEY, createEngines, type Engines, NOW, openWorld, type World } from '../../../events/testing/world.ts';
import { recordMovements, runStockNews, upsertLocations } from '../../../inventory/index.ts';
import { insertAlert } from '../alert-store.ts';
import { insertReader } from '../edges/reader-store.ts';
import { runAlertEdges } from '../edges/run-alert-edges.ts';
import type { AlertPorts } from '../ports.ts';
import { DAY_MS } from '../settings.ts';
import { runAlertWaves } from '../tell/run-alert-waves.ts';

export interface Telling {
  readonly id: string;
  readonly profileId: string;
  readonly type: AlertType;
  readonly variantId: string;
  readonly edge: number;
}

/** A shop whose stock and prices change, and whose customers want to hear of it. */
export class AlertWorld {
  readonly world: World;
  readonly clock: TestClock;
  readonly #engines: Engines;
  #serial = 0;

  private constructor(world: World, clock: TestClock, engines: Engines) {
    this.world = world;
    this.clock = clock;
    this.#engines = engines;
  }

  static async open(): Promise<AlertWorld> {
    const engines = await createEngines();
    const clock = createTestClock(NOW);
    const world = await openWorld(engines, { clock });
    world.work();
    const shop = new AlertWorld(world, clock, engines);
    await insertReader(world.services.postgres, world.ctx.workspaceId);
    return shop;
  }

  get services(): Services {
    return this.world.services;
  }

  get workspaceId(): number {
    return this.world.ctx.workspaceId;
  }

  word(): string {
    this.#serial += 1;
    return `w${this.#serial}`;
  }

  /** A variant at 20.00 EUR, counted at a new store where none lies yet. */
  async goods(): Promise<{ variantId: string; locationId: string; ref: string }> {
    const ref = this.word();
    const variantId = await this.price(ref, 2_000);
    const locationId = await inTransaction(this.world.ctx, async (ctx) => {
      const [id] = await upsertLocations(ctx, [
        { ref: { source: 'api', id: ref }, name: `Store ${ref}`, kind: 'store' },
      ]);
      return id!;
    });
    await this.move({ variantId, locationId }, 1);
    await this.move({ variantId, locationId }, -1);
    await this.news();
    return { variantId, locationId, ref };
  }

  /** Sets what a variant costs from now on. */
  async price(ref: string, amountMinor: number): Promise<string> {
    return inTransaction(this.world.ctx, async (ctx) => {
      const [product] = await upsertProducts(ctx, [
        {
          ref: { source: 'api', id: ref },
          ...{ title: `Tee ${ref}`, status: 'active' },
          variants: [{ ref: { source: 'api', id: ref }, sku: ref, prices: [{ currency: 'EUR', amountMinor }] }],
        },
      ]);
      return product!.variantIds.get(ref)!;
    });
  }

  /** Brings or takes pieces; nobody has heard of it yet. */
  async move(goods: { variantId: string; locationId: string }, delta: number): Promise<void> {
    const { variantId, locationId } = goods;
    await inTransaction(this.world.ctx, (ctx) =>
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

  /** Profiles known by a user id, in the order they became known. */
  async customers(count: number): Promise<{ profileId: string; userId: string }[]> {
    const userIds = Array.from({ length: count }, () => this.word());
    for (let at = 0; at < count; at += 100) {
      const events = userIds
        .slice(at, at + 100)
        .map((userId) => ({ type: 'identify', messageId: randomUUID(), userId }));
      await this.world.send(events);
    }
    await this.world.settle();
    const { rows } = await this.services.postgres.query<{ id: string }>({
      text: 'select id from profile where workspace_id = $1 order by id desc limit $2',
      values: [this.workspaceId, count],
    });
    if (count > 1) return rows.map(({ id }) => ({ profileId: id, userId: '' }));
    const { body } = await this.world.get(`/api/v1/profiles?identifier=userId:${userIds[0]}`);
    const found = (body['items'] as { id: string }[])[0]!.id;
    return [{ profileId: parsePublicId('prf', found)!, userId: userIds[0]! }];
  }

  /** Restock alerts as the calls of the API make them, many at once; each a second after the one before. */
  async waitFor(
    goods: { variantId: string },
    customers: readonly { profileId: string }[],
    locationId: string | null = null,
  ): Promise<string[]> {
    const ids: string[] = [];
    for (const [at, { profileId }] of customers.entries()) {
      const createdAt = new Date(this.clock.now() - (customers.length - at) * 1_000);
      const id = newUuid(createdAt.getTime());
      const node = await this.nodeOf(profileId);
      await insertAlert(this.services.postgres, this.workspaceId, {
        ...{ id, profileId, node, variantId: goods.variantId, locationId, type: 'restock' },
        ...{ channel: 'web', threshold: null, baselineMinor: null, currency: null, dueAt: null, source: 'api' },
        ...{ createdAt, expiresAt: new Date(NOW + 365 * DAY_MS), lookAt: null },
      });
      ids.push(id);
    }
    return ids;
  }

  async nodeOf(profileId: string): Promise<number> {
    const { rows } = await this.services.postgres.query<{ id: number }>({
      text: 'select id from identity_node where workspace_id = $1 and profile_id = $2 order by id limit 1',
      values: [this.workspaceId, profileId],
    });
    return rows[0]!.id;
  }

  async call(
    method: 'POST' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: JsonObject }> {
    const response = await this.world.http.inject({
      method,
      url: path,
      headers: { authorization: `Bearer ${API_KEY}` },
      ...(body !== undefined && { payload: body as object }),
    });
    return { status: response.statusCode, body: response.body === '' ? {} : response.json<JsonObject>() };
  }

  /** An alert by the API. */
  async ask(variantId: string, fields: JsonObject): Promise<{ status: number; body: JsonObject }> {
    return this.call('POST', '/api/v1/alerts', { variantId: publicId('var', variantId), ...fields });
  }

  async tellings(variantId: string): Promise<Telling[]> {
    const { rows } = await this.services.postgres.query<Telling>({
      text: `select id, profile_id as "profileId", type, variant_id as "variantId", edge from alert_telling
             where workspace_id = $1 and variant_id = $2 order by told_at, id`,
      values: [this.workspaceId, variantId],
    });
    return rows;
  }

  /** How often each state is there. */
  async states(variantId: string): Promise<Record<string, number>> {
    const { rows } = await this.services.postgres.query<{ state: string; count: number }>({
      text: `select state, count(*)::int as count from stock_alert where workspace_id = $1 and variant_id = $2 group by state`,
      values: [this.workspaceId, variantId],
    });
    return Object.fromEntries(rows.map((row) => [row.state, row.count]));
  }

  /** What the log was told of alerts, as anybody who reads it hears it. */
  async told(type: AlertType, productName: string): Promise<number> {
    await this.world.settle();
    return this.world.count(
      `event where name = '${ALERT_EVENTS[type]}' and JSONExtractString(payload, 'properties', 'name') = '${productName}'`,
    );
  }

  async close(): Promise<void> {
    await this.world.close();
    await this.#engines.drop();
  }
}

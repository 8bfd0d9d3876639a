import type { BodyInputOf, CouponCampaign, CouponTerms, api } from '@segue/contract';
import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';
import type { couponTermsSchema } from '@segue/contract';
import { createContext, type Ctx, type Services } from '../../../platform/context.ts';
import type { Json, JsonObject } from '../../../platform/json.ts';
import { parsePublicId } from '../../../platform/ids/index.ts';
import { openPostgres, type Postgres } from '../../../platform/postgres/index.ts';
import { createTestClock, serveRoutes, type TestClock } from '../../../testkit/index.ts';
import { createEngines, type Engines, NOW, openWorld, type World } from '../../events/testing/world.ts';
import { createIdentityGraphRoutes } from '../../profiles/index.ts';
import { createProfileReshaper } from '../../../compose/stages.ts';
import { readMergedConsents } from '../../consent/index.ts';
import { couponRoutes } from '../routes.ts';

const CONNECTIONS = 50;

type TermsInput = z.input<typeof couponTermsSchema>;
type HoldInput = BodyInputOf<typeof api.holdCoupons>;

export interface Reply {
  readonly status: number;
  readonly body: JsonObject;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** Coupons over real engines, asked over HTTP by as many callers at once as there are connections. */
export class CouponWorld {
  readonly world: World;
  readonly services: Services;
  readonly ctx: Ctx;
  readonly clock: TestClock;
  readonly #app: FastifyInstance;
  readonly #postgres: Postgres;
  readonly #engines: Engines;
  #serial = 0;

  private constructor(parts: { engines: Engines; world: World; postgres: Postgres; clock: TestClock }) {
    const { world, postgres } = parts;
    this.#engines = parts.engines;
    this.#postgres = postgres;
    this.world = world;
    this.clock = parts.clock;
    this.services = { ...world.services, postgres };
    this.ctx = createContext(this.services, world.ctx.workspaceId, world.ctx.actor);
    const graph = createIdentityGraphRoutes(createProfileReshaper(this.services), readMergedConsents);
    this.#app = serveRoutes([couponRoutes, graph], () => ({ ...this.ctx, ip: '127.0.0.1' }));
  }

  static async open(): Promise<CouponWorld> {
    const engines = await createEngines();
    const clock = createTestClock(NOW);
    const world = await openWorld(engines, { clock });
    const postgres = openPostgres({
      url: engines.databaseUrl,
      applicationName: 'segue-test',
      maxConnections: CONNECTIONS,
    });
    world.work();
    return new CouponWorld({ engines, world, postgres, clock });
  }

  async close(): Promise<void> {
    await this.#app.close();
    await this.world.close();
    await this.#postgres.close();
    await this.#engines.drop();
  }

  /** A word nobody has used. */
  word(): string {
    return `w${++this.#serial}x`;
  }

  async post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Reply> {
    const payload = typeof body === 'string' ? body : JSON.stringify(body);
    const url = `/api/v1/${path}`;
    const type = { 'content-type': 'application/json', ...headers };
    const response = await this.#app.inject({ method: 'POST', url, payload, headers: type });
    return { status: response.statusCode, body: response.json(), headers: response.headers };
  }

  async patch(path: string, body: Json): Promise<Reply> {
    const response = await this.#app.inject({ method: 'PATCH', url: `/api/v1/${path}`, payload: body as object });
    return { status: response.statusCode, body: response.json(), headers: response.headers };
  }

  async get(path: string): Promise<Reply> {
    const response = await this.#app.inject({ method: 'GET', url: `/api/v1/${path}` });
    return { status: response.statusCode, body: response.json(), headers: response.headers };
  }

  async text(path: string): Promise<string> {
    return (await this.#app.inject({ method: 'GET', url: `/api/v1/${path}` })).body;
  }

  /** As `post`; throws when it was refused. */
  async call<T = JsonObject>(path: string, body: unknown): Promise<T> {
    const reply = await this.post(path, body);
    if (reply.status >= 300) throw new Error(`${path}: ${reply.status} ${JSON.stringify(reply.body)}`);
    return reply.body as T;
  }

  /** A campaign; without terms ten percent off. */
  async campaign(
    made: { terms?: Partial<TermsInput>; limits?: JsonObject } = {},
  ): Promise<{ id: string; uuid: string }> {
    const terms = { benefit: { kind: 'percent', percent: 10 }, ...made.terms };
    const body = { name: this.word(), terms, ...(made.limits && { limits: made.limits }) };
    const { id } = await this.call<CouponCampaign>('coupon-campaigns', body);
    return { id, uuid: parsePublicId('cpc', id)! };
  }

  /** One code that everybody uses; answers the code. */
  async shared(campaign: { id: string }, options: { code?: string; perCode?: number | null } = {}): Promise<string> {
    const code = options.code ?? `SHARED${this.word()}`;
    const perCode = options.perCode ?? null;
    await this.call(`coupon-campaigns/${campaign.id}/pools`, { source: 'shared', code, perCode });
    return code;
  }

  /** So many codes of one use. */
  async codes(campaign: { id: string }, count: number): Promise<string[]> {
    const body = { source: 'generated', pattern: 'T-########-####', count };
    await this.call(`coupon-campaigns/${campaign.id}/pools`, body);
    const { body: page } = await this.get(`coupon-campaigns/${campaign.id}/coupons?limit=${count}&state=free`);
    return (page['items'] as { code: string }[]).map(({ code }) => code);
  }

  /** Ten euros of goods. */
  quote(codes: readonly string[], more: Partial<HoldInput> = {}): Omit<HoldInput, 'ownerRef'> {
    const cart = { currency: 'EUR', lines: [{ id: '1', sku: 'TEE', quantity: 1, unitPriceMinor: 1_000 }] };
    return { codes: [...codes], cart, channel: 'web', ...more };
  }

  /** A customer known by an address; answers her public id. */
  async profile(email = `${this.word()}@customer.example`): Promise<string> {
    await this.world.send([
      { type: 'identify', userId: email.split('@')[0]!, messageId: `id-${email}`, traits: { email } },
    ]);
    await this.world.settle();
    const found = await this.world.get(`/api/v1/profiles?identifier=email:${email}`);
    return (found.body['items'] as { id: string }[])[0]!.id;
  }

  async rows<T>(text: string, values: readonly unknown[] = []): Promise<T[]> {
    return (await this.services.postgres.query<T>({ text, values: [this.ctx.workspaceId, ...values] })).rows;
  }
}

export const percent = (value: number): CouponTerms['benefit'] => ({ kind: 'percent', percent: value });

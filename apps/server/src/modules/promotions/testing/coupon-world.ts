import type { api, BodyInputOf, CouponCampaign } from '@segue/contract';
import type { FastifyInstance } from 'fastify';
import { createContext, type Ctx, type Services } from '../../../platform/context.ts';
import { createReshaper, eventlogMigrations, type Reshaper, type Stage } from '../../../platform/eventlog/index.ts';
import { type LogProcess, openLogProcess, storedEvent } from '../../../platform/eventlog/testing/log-process.ts';
import { httpMigrations } from '../../../platform/http/index.ts';
import { parsePublicId, publicId } from '../../../platform/ids/index.ts';
import type { Json, JsonObject } from '../../../platform/json.ts';
import {
  createTestClock,
  createTestDatabase,
  createTestHistory,
  numberWorkspaces,
  serveRoutes,
  type TestClock,
  type TestDatabase,
  type TestHistory,
} from '../../../testkit/index.ts';
import { accountsMigrations } from '../../accounts/index.ts';
import { consentMigrations } from '../../consent/index.ts';
import { createSubjectHistory, eventsHistoryMigrations, eventsMigrations } from '../../events/index.ts';
import {
  createIdentityGraphRoutes,
  createIdentityStage,
  createTraitsStage,
  findProfileId,
  IdentifierReader,
  NodeDirectory,
  profilesMigrations,
} from '../../profiles/index.ts';
import { segmentsMigrations } from '../../segments/index.ts';
import { createPromotionsStage, promotionsMigrations } from '../index.ts';
import { couponRoutes } from '../routes.ts';

const WORKSPACES = 400;
export const NOW = Date.UTC(2026, 10, 22, 9);

type TermsInput = BodyInputOf<typeof api.createCouponCampaign>['terms'];
type HoldInput = BodyInputOf<typeof api.holdCoupons>;

export interface Reply {
  readonly status: number;
  readonly body: JsonObject;
  readonly headers: Readonly<Record<string, unknown>>;
}

interface Engines {
  readonly database: TestDatabase;
  readonly history: TestHistory;
  readonly process: LogProcess;
}

const reader = new IdentifierReader();

function readIdentifier(said: string) {
  const [kind = '', ...value] = said.split(':');
  const identifier = reader.read(kind, value.join(':'));
  if (identifier === undefined) throw new Error(`${said} identifies nobody`);
  return identifier;
}

/** Coupons of one workspace over real engines, asked over HTTP by as many callers at once as there are connections. */
export class CouponWorld {
  readonly services: Services;
  readonly ctx: Ctx;
  readonly clock: TestClock;
  readonly app: FastifyInstance;
  /** What stopped calls that nobody expected. */
  readonly failures: string[] = [];
  readonly #engines: Engines;
  readonly #directory: NodeDirectory;
  readonly #stages: readonly Stage[];
  readonly #reshaper: Reshaper;
  #serial = 0;

  private constructor(engines: Engines, clock: TestClock, workspaceId: number) {
    const { process, database } = engines;
    this.#engines = engines;
    this.clock = clock;
    this.services = { ...process.services, postgres: database.postgres };
    this.ctx = createContext(this.services, workspaceId, { kind: 'system', name: 'test' });
    this.#directory = new NodeDirectory(database.postgres, this.services.keysOf);
    this.#stages = [
      createIdentityStage(),
      createTraitsStage((id) => this.services.keysOf(id)),
      createPromotionsStage(),
    ];
    const history = createSubjectHistory(engines.history.history);
    this.#reshaper = createReshaper({ stages: this.#stages, history });
    const graph = createIdentityGraphRoutes(this.#reshaper);
    this.app = serveRoutes([couponRoutes, graph], () => ({ ...this.ctx, ip: '127.0.0.1' }));
    this.app.addHook('onError', async (_request, _reply, error) => {
      if (!('details' in error)) this.failures.push(String(error.stack));
    });
  }

  /** `maxConnections`: so many callers are at the engine at once. */
  static async open({ maxConnections = 12 } = {}): Promise<CouponWorld> {
    const migrations = [
      ...[eventlogMigrations, httpMigrations, accountsMigrations, profilesMigrations, eventsMigrations],
      ...[consentMigrations, segmentsMigrations, promotionsMigrations],
    ];
    const database = await createTestDatabase(migrations.flat(), { maxConnections });
    await numberWorkspaces(database.postgres, WORKSPACES);
    const history = await createTestHistory(eventsHistoryMigrations);
    const clock = createTestClock(NOW);
    const process = await openLogProcess({ databaseUrl: database.url, history: history.history, clock });
    return new CouponWorld({ database, history, process }, clock, 1);
  }

  /** Another workspace over the same engines. */
  workspace(workspaceId: number): CouponWorld {
    return new CouponWorld(this.#engines, this.clock, workspaceId);
  }

  async close(): Promise<void> {
    const { process, database, history } = this.#engines;
    await this.app.close();
    await process.close();
    await Promise.all([database.drop(), history.drop()]);
  }

  /** A word nobody has used. */
  word(): string {
    return `w${++this.#serial}x`;
  }

  async post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Reply> {
    const url = `/api/v1/${path}`;
    const payload = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const type = payload === undefined ? {} : { 'content-type': 'application/json' };
    const sent = { ...(payload !== undefined && { payload }), headers: { ...type, ...headers } };
    const response = await this.app.inject({ method: 'POST', url, ...sent });
    return {
      status: response.statusCode,
      body: response.body === '' ? {} : response.json(),
      headers: response.headers,
    };
  }

  async patch(path: string, body: Json): Promise<Reply> {
    const response = await this.app.inject({ method: 'PATCH', url: `/api/v1/${path}`, payload: body as object });
    return {
      status: response.statusCode,
      body: response.body === '' ? {} : response.json(),
      headers: response.headers,
    };
  }

  async get(path: string): Promise<Reply> {
    const response = await this.app.inject({ method: 'GET', url: `/api/v1/${path}` });
    return {
      status: response.statusCode,
      body: response.body === '' ? {} : response.json(),
      headers: response.headers,
    };
  }

  async text(path: string): Promise<string> {
    return (await this.app.inject({ method: 'GET', url: `/api/v1/${path}` })).body;
  }

  /** As `post`; throws when it was refused. */
  async call<T = JsonObject>(path: string, body: unknown): Promise<T> {
    const reply = await this.post(path, body);
    if (reply.status >= 300)
      throw new Error(`${path}: ${reply.status} ${JSON.stringify(reply.body)} ${this.failures.join()}`);
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
    const pool = await this.call<{ id: string }>(`coupon-campaigns/${campaign.id}/pools`, body);
    const { body: page } = await this.get(`coupon-campaigns/${campaign.id}/coupons?limit=${count}&poolId=${pool.id}`);
    return (page['items'] as { code: string }[]).map(({ code }) => code);
  }

  /** Ten euros of goods. */
  quote(codes: readonly string[], more: Partial<HoldInput> = {}): Omit<HoldInput, 'ownerRef'> {
    const cart = { currency: 'EUR', lines: [{ id: '1', sku: 'TEE', quantity: 1, unitPriceMinor: 1_000 }] };
    return { codes: [...codes], cart, channel: 'web', ...more };
  }

  /** Somebody is seen with these identifiers, like `email:ada@customer.example`; answers her public id. */
  async see(...by: readonly string[]): Promise<string> {
    const { workspaceId } = this.ctx;
    const { identifiers } = reader.rank(by.map(readIdentifier), true);
    await this.#directory.ensure(identifiers.map((identifier) => ({ workspaceId, identifier })));
    const nodes = identifiers.map((identifier) => this.#directory.find(workspaceId, identifier)!);
    const [strongest] = nodes;
    await this.#directory.ensureKeys(workspaceId, [strongest!.id]);
    const event = storedEvent({
      ...{ workspaceId, type: 'identify', name: '', occurredAt: this.clock.now(), receivedAt: this.clock.now() },
      nodes: nodes.map(({ kind, id }) => ({ kind, id })),
    });
    await this.#engines.process.append([{ lane: strongest!.lane, event }]);
    await this.#engines.process.process(this.#stages);
    return publicId('prf', (await findProfileId(this.ctx, readIdentifier(by[0]!)))!);
  }

  /** A customer known by an address; answers her public id. */
  profile(email = `${this.word()}@customer.example`): Promise<string> {
    return this.see(`email:${email}`);
  }

  async rows<T>(text: string, values: readonly unknown[] = []): Promise<T[]> {
    return (await this.services.postgres.query<T>({ text, values: [this.ctx.workspaceId, ...values] })).rows;
  }
}

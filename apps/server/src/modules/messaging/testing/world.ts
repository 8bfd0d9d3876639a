import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { createContext, type Ctx, type Services } from '../../../platform/context.ts';
import {
  appendLines,
  applicationName,
  createEventLog,
  createReshaper,
  createLanes,
  eventlogMigrations,
  encodeEvent,
  INTAKE_LOG,
  LaneHold,
  processRuns,
  readRuns,
  type Reshaper,
  type Stage,
} from '../../../platform/eventlog/index.ts';
import { httpMigrations } from '../../../platform/http/index.ts';
import type { JsonObject } from '../../../platform/json.ts';
import { createLogger } from '../../../platform/logger/index.ts';
import { openPostgres, type Postgres } from '../../../platform/postgres/index.ts';
import { createTestClock, serveRoutes, type TestClock, undoNewestMerge } from '../../../testkit/index.ts';
import { accountsMigrations, createKeyRing, ensureFirstWorkspace } from '../../accounts/index.ts';
import {
  consentMigrations,
  consentRoutes,
  consentStage,
  createPreferenceRoutes,
  ensureDefaultTopics,
  readMergedConsents,
} from '../../consent/index.ts';
import {
  contentMigrations,
  createLinkDomainRoutes,
  createTrackingRoutes,
  findLinkHome,
  templateRoutes,
} from '../../content/index.ts';
import {
  createTraitsStage,
  findProfileId,
  createIdentityGraphRoutes,
  createIdentityStage,
  NodeDirectory,
  profilesMigrations,
  runProfileRebuilds,
  type Identifier,
} from '../../profiles/index.ts';
import { createSubjectHistory, eventsMigrations } from '../../events/index.ts';
import { segmentsMigrations } from '../../segments/index.ts';
import type { Channel } from '../channels/channel.ts';
import { createEmailChannel } from '../channels/email/smtp.ts';
import { readLessOften } from '../gate/policy-store.ts';
import type { SendDeps } from '../ports.ts';
import { messagingMigrations } from '../migrations/index.ts';
import { createMessagingRoutes } from '../routes.ts';
import { messagingStage } from '../stage.ts';
import { createWebViewRoutes } from '../web-view-routes.ts';

/** The tables a sender needs. */
export const worldMigrations = [
  eventlogMigrations,
  httpMigrations,
  accountsMigrations,
  profilesMigrations,
  consentMigrations,
  eventsMigrations,
  segmentsMigrations,
  contentMigrations,
  messagingMigrations,
].flat();

/** A mailbox over real SMTP. `answer` may refuse a recipient by its reply code. */
export async function startMailbox(answer: (address: string) => number | undefined = () => undefined) {
  const mails: ParsedMail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onRcptTo(address, _session, done) {
      const responseCode = answer(address.address);
      done(responseCode === undefined ? null : Object.assign(new Error('refused'), { responseCode }));
    },
    onData(stream, _session, done) {
      simpleParser(stream).then(
        (mail) => {
          mails.push(mail);
          done();
        },
        (error: Error) => done(error),
      );
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  return {
    mails,
    smtpUrl: `smtp://127.0.0.1:${port}`,
    close: () => new Promise<void>((resolve) => server.close(resolve)),
  };
}

interface Accepted {
  readonly type: 'identify' | 'track';
  readonly name?: string;
  readonly identifiers: readonly Identifier[];
  readonly properties?: JsonObject;
  readonly traits?: JsonObject;
  readonly occurredAt?: number;
  /** The places of identifiers that are only claimed. */
  readonly claims?: readonly number[];
}

/** One server process over a database that others may share: log, stages, API and sender, without their loops. */
export class World {
  readonly clock: TestClock;
  readonly services: Services;
  readonly ctx: Ctx;
  readonly app: FastifyInstance;
  readonly deps: SendDeps;
  /** Runs that ended: their messages are unwanted. */
  readonly endedRuns: Set<string>;
  readonly #nodes: NodeDirectory;
  readonly #hold: LaneHold;
  readonly #stages: readonly Stage[];
  readonly #reshaper: Reshaper;

  constructor(services: Services & { readonly clock: TestClock }, workspaceId: number, deps: SendDeps) {
    this.services = services;
    this.clock = services.clock;
    this.deps = deps;
    this.endedRuns = new Set();
    this.ctx = createContext(services, workspaceId, { kind: 'system', name: 'test' });
    const routes = [
      consentRoutes,
      createPreferenceRoutes(services, {
        readLessOften,
        findHome: (sql, id) => findLinkHome(sql, id, deps.publicUrl),
      }),
      templateRoutes,
      createTrackingRoutes(services),
      createLinkDomainRoutes(deps),
      createWebViewRoutes(services, deps),
      createMessagingRoutes(deps),
    ];
    this.#nodes = new NodeDirectory(services.postgres, (id) => services.keysOf(id));
    this.#hold = new LaneHold({ reader: 'processor', processId: deps.processId });
    const goal: Stage = {
      name: 'goal',
      run: async (batch) => {
        for (const { event, subject } of batch.entries) {
          if (event.name === 'Order Completed' && subject !== undefined) this.endedRuns.add(subject.id);
        }
      },
    };
    this.#stages = [
      createIdentityStage(),
      createTraitsStage((id) => services.keysOf(id)),
      consentStage,
      goal,
      messagingStage,
    ];
    this.#reshaper = createReshaper({ stages: this.#stages, history: createSubjectHistory(services.history) });
    this.app = serveRoutes([...routes, createIdentityGraphRoutes(this.#reshaper, readMergedConsents)], () => this.ctx);
  }

  /** What intake does: nodes, then a committed append. Nothing is processed yet. */
  async accept(event: Accepted): Promise<void> {
    const { workspaceId } = this.ctx;
    await this.#nodes.ensure(event.identifiers.map((identifier) => ({ workspaceId, identifier })));
    const nodes = event.identifiers.map((identifier) => this.#nodes.find(workspaceId, identifier)!);
    const now = this.services.clock.now();
    const line = encodeEvent({
      workspaceId,
      id: randomBytes(8).toString('hex'),
      type: event.type,
      name: event.name ?? '',
      occurredAt: event.occurredAt ?? now,
      receivedAt: now,
      nodes: nodes.map(({ kind, id }) => ({ kind, id })),
      sealed: '',
      payload: {
        properties: event.properties ?? {},
        traits: event.traits ?? {},
        ...(event.claims && { claims: event.claims }),
      },
    });
    const blocks = await this.services.postgres.transaction((sql) =>
      appendLines(sql, INTAKE_LOG, { lines: new Map([[nodes[0]!.lane, [line]]]) }),
    );
    this.services.log.appended(blocks);
  }

  /** Processes everything that was accepted, and what that made happen. */
  async process(): Promise<void> {
    await this.#hold.renew(this.services, true);
    for (;;) {
      const runs = await readRuns(this.services, this.#hold.leases, { eventsMax: 1_000, fromDatabase: true });
      if (runs.length === 0) return;
      const result = await processRuns(this.services, { processId: this.deps.processId, stages: this.#stages, runs });
      if (result.kind === 'retry') await this.#hold.renew(this.services, true);
      else if (result.deadLetters > 0) throw new Error('an event became a dead letter');
    }
  }

  /** What is filed under identifiers that changed hands follows them; answers for how many pairs of profiles. */
  rebuild(): Promise<number> {
    return runProfileRebuilds(this.services, this.#reshaper);
  }

  /** A member undoes the newest merge of the profile; answers whose it is that is there again. */
  async unmerge(profileId: string): Promise<string> {
    const restored = await undoNewestMerge(this.app, profileId);
    await this.process();
    return restored;
  }

  /** A known customer; her profile's internal id. */
  async addProfile(email: string, traits: JsonObject = {}): Promise<string> {
    const identifiers = [
      { kind: 'userId', value: `user of ${email}` },
      { kind: 'email', value: email },
    ] as const;
    await this.accept({ type: 'identify', identifiers, traits });
    await this.process();
    return (await findProfileId(this.ctx, identifiers[0]))!;
  }

  async call(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH',
    url: string,
    body?: object,
  ): Promise<{ status: number; json: never }> {
    const response = await this.app.inject({ method, url, ...(body !== undefined && { payload: body }) });
    return {
      status: response.statusCode,
      json: (response.body === '' ? undefined : JSON.parse(response.body)) as never,
    };
  }

  async close(): Promise<void> {
    await this.app.close();
    for (const channel of this.deps.channels.values()) await channel.close();
    await this.services.postgres.close();
  }
}

export interface WorldOptions {
  readonly databaseUrl: string;
  readonly smtpUrl: string;
  readonly processId?: string;
  readonly clock?: TestClock;
  /** Put between the sender and the real channel. */
  readonly around?: (channel: Channel) => Channel;
}

const SECRET = randomBytes(32);

export async function openWorld(options: WorldOptions): Promise<World> {
  const processId = options.processId ?? randomBytes(6).toString('hex');
  const postgres: Postgres = openPostgres({
    url: options.databaseUrl,
    applicationName: applicationName(processId),
    maxConnections: 6,
  });
  await createLanes(postgres);
  const { workspaceId } = await ensureFirstWorkspace(postgres, {
    secret: SECRET,
    nowMs: 0,
    scopes: [],
    setUp: ensureDefaultTopics,
  });
  const ring = createKeyRing(postgres, SECRET);
  const services = {
    postgres,
    // No archive runs here: all there is stands in the log.
    history: { query: async () => [] } as unknown as Services['history'],
    clock: options.clock ?? createTestClock(Date.UTC(2026, 10, 22, 9)),
    logger: createLogger('silent'),
    log: createEventLog(),
    keysOf: (id: number) => ring.keysOf(id),
  };
  const email = createEmailChannel({ smtpUrl: options.smtpUrl, from: 'Shop <hello@shop.example>', timeoutMs: 2_000 });
  const world: World = new World(services, workspaceId, {
    processId,
    channels: new Map([['email', options.around?.(email) ?? email]]),
    guard: {
      findUnwanted: async (_sql, _workspaceId, messages) =>
        new Map(
          messages.flatMap(({ id, source }) =>
            source.kind === 'journey' && world.endedRuns.has(source.runId) ? [[id, 'the goal was reached']] : [],
          ),
        ),
    },
    publicUrl: 'https://shop.example',
    inFlight: new Set(),
  });
  return world;
}

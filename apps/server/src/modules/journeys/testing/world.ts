import { randomBytes, randomUUID } from 'node:crypto';
import type { JourneyGraph } from '@segue/contract';
import type { FastifyInstance } from 'fastify';

import { createContext, type Ctx, type Services } from '../../../platform/context.ts';
import {
  appendLines,
  createEventLog,
  createReshaper,
  createLanes,
  encodeEvent,
  INTAKE_LOG,
  inSubjects,
  LaneHold,
  processRuns,
  readRuns,
  readSubjects,
  type Stage,
} from '../../../platform/eventlog/index.ts';
import { publicId, requirePublicId } from '../../../platform/ids/index.ts';
import type { JsonObject } from '../../../platform/json.ts';
import { createLogger } from '../../../platform/logger/index.ts';
import type { Postgres, Statement } from '../../../platform/postgres/index.ts';
import { createTestClock, serveRoutes, type TestClock, undoNewestMerge } from '../../../testkit/index.ts';
import { createKeyRing, ensureFirstWorkspace } from '../../accounts/index.ts';
import { ensureDefaultTopics } from '../../consent/index.ts';
import { createSubjectHistory } from '../../events/index.ts';
import { templateRoutes } from '../../content/index.ts';
import { createMessagingRoutes, messagingStage } from '../../messaging/index.ts';
import { journeySendGuard } from '../send-guard.ts';
import {
  anchorNode,
  createIdentityGraphRoutes,
  createTraitsStage,
  findProfileId,
  createIdentityStage,
  NodeDirectory,
  type Identifier,
} from '../../profiles/index.ts';
import { segmentStage } from '../../segments/index.ts';
import { createJourneysStage, journeyRoutes, runDueJourneyWaits } from '../index.ts';
import { journeySection, type JourneySection } from '../memory.ts';
import { pageRuns } from '../run-store.ts';
import type { JourneyRun } from '../types.ts';

export interface Happened {
  readonly by: readonly Identifier[];
  readonly name?: string;
  readonly properties?: JsonObject;
  readonly traits?: JsonObject;
  readonly minutesAgo?: number;
}

const SECRET = randomBytes(32);
const MINUTE_MS = 60_000;

/** One server process over a database that others may share: log, stages, API and waker, without their loops. */
export class World {
  readonly clock: TestClock;
  readonly services: Services;
  readonly ctx: Ctx;
  readonly app: FastifyInstance;
  /** Whose API key calls. */
  caller: Ctx;
  /** Names of the statements sent since it was last emptied. */
  readonly statements: string[];
  readonly #nodes: NodeDirectory;
  readonly #hold: LaneHold;
  readonly #processId: string;
  readonly #stages: readonly Stage[];

  constructor(
    services: Services & { clock: TestClock },
    options: { workspaceId: number; processId: string; statements: string[] },
  ) {
    this.services = services;
    this.clock = services.clock;
    this.statements = options.statements;
    this.ctx = createContext(services, options.workspaceId, { kind: 'system', name: 'test' });
    this.caller = this.ctx;
    const keysOf = (workspaceId: number) => services.keysOf(workspaceId);
    this.#nodes = new NodeDirectory(services.postgres, keysOf);
    this.#processId = options.processId;
    this.#hold = new LaneHold({ reader: 'processor', processId: options.processId });
    this.#stages = [
      createIdentityStage(),
      createTraitsStage(keysOf),
      segmentStage,
      messagingStage,
      createJourneysStage(),
    ];
    const reshaper = createReshaper({ stages: this.#stages, history: createSubjectHistory(services.history) });
    const routes = [
      templateRoutes,
      createMessagingRoutes({
        channels: new Set(['email' as const]),
        guard: journeySendGuard,
        publicUrl: 'http://127.0.0.1:4100',
      }),
      journeyRoutes,
      createIdentityGraphRoutes(reshaper),
    ];
    this.app = serveRoutes(routes, () => this.caller);
  }

  /** What intake does: nodes, then a committed append to the lane of the strongest identifier. Not processed yet. */
  async accept(...happened: readonly Happened[]): Promise<void> {
    const { workspaceId } = this.ctx;
    const now = this.clock.now();
    for (const { by, name, properties, traits, minutesAgo = 0 } of happened) {
      await this.#nodes.ensure(by.map((identifier) => ({ workspaceId, identifier })));
      const nodes = by.map((identifier) => this.#nodes.find(workspaceId, identifier)!);
      const line = encodeEvent({
        workspaceId,
        id: randomUUID(),
        type: name === undefined ? 'identify' : 'track',
        name: name ?? '',
        occurredAt: now - minutesAgo * MINUTE_MS,
        receivedAt: now,
        nodes: nodes.map(({ kind, id }) => ({ kind, id })),
        sealed: '',
        payload: { properties: properties ?? {}, traits: traits ?? {} },
      });
      const blocks = await this.services.postgres.transaction((sql) =>
        appendLines(sql, INTAKE_LOG, { lines: new Map([[nodes[0]!.lane, [line]]]) }),
      );
      this.services.log.appended(blocks);
    }
  }

  /** Processes everything that was accepted, and what that made happen. */
  async process(): Promise<void> {
    await this.#hold.renew(this.services, true);
    for (;;) {
      const runs = await readRuns(this.services, this.#hold.leases, { eventsMax: 1_000, fromDatabase: true });
      if (runs.length === 0) return;
      const result = await processRuns(this.services, { processId: this.#processId, stages: this.#stages, runs });
      if (result.kind === 'retry') await this.#hold.renew(this.services, true);
      else if (result.deadLetters > 0) throw new Error('an event became a dead letter');
    }
  }

  async happen(...happened: readonly Happened[]): Promise<void> {
    await this.accept(...happened);
    await this.process();
  }

  /** Minutes pass, and the waker runs until nothing is due. */
  async pass(minutes: number): Promise<void> {
    this.clock.advance(minutes * MINUTE_MS);
    while ((await runDueJourneyWaits(this.services)) > 0);
    await this.process();
  }

  /** What the segments module tells when a profile enters or leaves. */
  async flip(profileId: string, name: 'Segment Entered' | 'Segment Left', segmentId: string): Promise<void> {
    await inSubjects(this.services, { workspaceId: this.ctx.workspaceId, ids: [profileId] }, async (batch) => {
      const subject = batch.subjects.get(profileId)!;
      batch.emit({
        subjectId: profileId,
        node: anchorNode(subject),
        name,
        occurredAt: batch.now,
        properties: { segment_id: segmentId },
      });
    });
    await this.process();
  }

  /** A member says that two profiles are one. */
  async merge(intoId: string, fromId: string): Promise<void> {
    const body = { with: publicId('prf', fromId) };
    const { status, json } = await this.call('POST', `/api/v1/profiles/${publicId('prf', intoId)}/merge`, body);
    if (status !== 200) throw new Error(JSON.stringify(json));
    await this.process();
  }

  /** A member undoes the newest merge of the profile; answers whose it is that is there again. */
  async unmerge(profileId: string): Promise<string> {
    const restored = await undoNewestMerge(this.app, profileId);
    await this.process();
    return restored;
  }

  /** What journeys remember of a profile. */
  async sectionOf(profileId: string): Promise<JourneySection | undefined> {
    const { sql, workspaceId } = this.ctx;
    return (await readSubjects(sql, workspaceId, [profileId])).get(profileId)?.get(journeySection);
  }

  async profileOf(identifier: Identifier): Promise<string> {
    return (await findProfileId(this.ctx, identifier))!;
  }

  async createTemplate(): Promise<string> {
    const { json } = await this.call('POST', '/api/v1/templates', {
      name: `Cart ${randomUUID()}`,
      channel: 'email',
      subject: 'Your cart',
      html: '<p>Your cart</p>',
    });
    return (json as { id: string }).id;
  }

  /** Creates and publishes; answers the internal id. */
  async publish(graph: JourneyGraph): Promise<string> {
    const created = await this.call('POST', '/api/v1/journeys', { name: 'Cart recovery', graph });
    const { id } = created.json as { id: string };
    const published = await this.call('POST', `/api/v1/journeys/${id}/publish`);
    if (published.status !== 200) throw new Error(JSON.stringify(published.json));
    return requirePublicId('jrn', id);
  }

  /** Oldest first. */
  async runs(journeyId: string): Promise<JourneyRun[]> {
    const { sql, workspaceId } = this.ctx;
    const runs = await pageRuns(sql, workspaceId, {
      journeyId,
      profileId: undefined,
      state: undefined,
      limit: 100,
      beforeId: undefined,
    });
    return runs.sort((a, b) => a.enteredAt - b.enteredAt || (a.id < b.id ? -1 : 1));
  }

  async messages(): Promise<{ id: string; status: string }[]> {
    return ((await this.call('GET', '/api/v1/messages')).json as { items: { id: string; status: string }[] }).items;
  }

  async call(method: 'GET' | 'POST' | 'PATCH', url: string, body?: object): Promise<{ status: number; json: unknown }> {
    const response = await this.app.inject({ method, url, ...(body !== undefined && { payload: body }) });
    return {
      status: response.statusCode,
      json: response.body === '' ? undefined : (JSON.parse(response.body) as unknown),
    };
  }

  async close(): Promise<void> {
    await this.app.close();
  }
}

export async function openWorld(
  pool: Postgres,
  clock: TestClock = createTestClock(Date.UTC(2026, 10, 22, 9)),
): Promise<World> {
  const processId = randomBytes(6).toString('hex');
  const statements: string[] = [];
  const postgres = listening(pool, statements);
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
    clock,
    logger: createLogger('silent'),
    log: createEventLog(),
    keysOf: (id: number) => ring.keysOf(id),
  };
  return new World(services, { workspaceId, processId, statements });
}

function listening(postgres: Postgres, statements: string[]): Postgres {
  const note = (statement: Statement): void => void statements.push(statement.name ?? statement.text);
  return {
    query: (statement) => (note(statement), postgres.query(statement)),
    transaction: (work) =>
      postgres.transaction((sql) =>
        work({
          copyInto: (table, columns, rows) => sql.copyInto(table, columns, rows),
          query: (statement) => (note(statement), sql.query(statement)),
        }),
      ),
    snapshot: (reads) =>
      postgres.snapshot((sql) => reads({ query: (statement) => (note(statement), sql.query(statement)) })),
    connections: () => postgres.connections(),
    close: () => postgres.close(),
  };
}

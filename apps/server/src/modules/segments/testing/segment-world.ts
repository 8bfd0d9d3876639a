import { createContext, type Ctx } from '../../../platform/context.ts';
import { seal } from '../../../platform/crypto/index.ts';
import {
  createReshaper,
  type EventBatch,
  type EventType,
  type Reshaper,
  type Stage,
} from '../../../platform/eventlog/index.ts';
import { type LogProcess, openLogProcess, storedEvent } from '../../../platform/eventlog/testing/log-process.ts';
import type { JsonObject } from '../../../platform/json.ts';
import {
  serveRoutes,
  type TestClock,
  type TestDatabase,
  type TestHistory,
  undoNewestMerge,
} from '../../../testkit/index.ts';
import { createSubjectHistory, runArchive, sessionsStage } from '../../events/index.ts';
import {
  createIdentityGraphRoutes,
  createIdentityStage,
  createTraitsStage,
  findProfileId,
  IdentifierReader,
  NodeDirectory,
} from '../../profiles/index.ts';
import { runBackFills } from '../run-back-fills.ts';
import { runDueWakes } from '../run-due-wakes.ts';
import { segmentStage } from '../segment-stage.ts';
import { listActiveSegments } from '../segment-store.ts';

export interface ShopEvent {
  /** `userId:ada`, as many as the event carries. */
  readonly by: readonly string[];
  readonly type?: EventType;
  readonly name?: string;
  readonly atMs?: number;
  readonly traits?: JsonObject;
  /** Traits that intake seals. */
  readonly personal?: JsonObject;
  readonly properties?: JsonObject;
  readonly context?: JsonObject;
}

interface Told {
  readonly name: string;
  readonly segment: string;
  readonly profileId: string;
  readonly cause: string;
}

/** Two server processes over the same engines, and an archive: everything segments need, each step on demand. */
export class SegmentShop {
  readonly processes: readonly [LogProcess, LogProcess];
  readonly #abort = new AbortController();
  readonly #archive: Promise<void>;

  private constructor(processes: readonly [LogProcess, LogProcess]) {
    this.processes = processes;
    const [first] = processes;
    this.#archive = runArchive(first.services, { processId: first.processId, signal: this.#abort.signal });
  }

  static async open(database: TestDatabase, history: TestHistory, clock: TestClock): Promise<SegmentShop> {
    const options = { databaseUrl: database.url, history: history.history, clock };
    return new SegmentShop([await openLogProcess(options), await openLogProcess(options)]);
  }

  workspace(workspaceId: number): SegmentWorkspace {
    return new SegmentWorkspace(this.processes, workspaceId);
  }

  async close(): Promise<void> {
    this.#abort.abort();
    await this.#archive;
    await Promise.all(this.processes.map((process) => process.close()));
  }
}

export class SegmentWorkspace {
  readonly processes: readonly LogProcess[];
  readonly workspaceId: number;
  readonly ctx: Ctx;
  /** What segments told of, in the order it was processed. */
  readonly told: Told[] = [];
  readonly #hearing = new Map<string, (properties: JsonObject) => void>();
  readonly #directory: NodeDirectory;
  /** What a member's word about who is who goes through. */
  readonly reshaper: Reshaper;
  readonly #stages: ReadonlyMap<LogProcess, readonly Stage[]>;

  constructor(processes: readonly LogProcess[], workspaceId: number) {
    const { services } = processes[0]!;
    this.processes = processes;
    this.workspaceId = workspaceId;
    this.ctx = createContext(services, workspaceId, { kind: 'system', name: 'test' });
    this.#directory = new NodeDirectory(services.postgres, services.keysOf);
    const listener: Stage = {
      name: 'listener',
      hears: async () => (event) => event.name.startsWith('Segment ') || this.#hearing.has(event.name),
      run: async (batch) => this.#listen(batch),
    };
    this.#stages = new Map(
      processes.map((process) => [
        process,
        [createIdentityStage(), createTraitsStage(process.services.keysOf), sessionsStage, segmentStage, listener],
      ]),
    );
    const stages = this.#stages.get(processes[0]!)!;
    this.reshaper = createReshaper({ stages, history: createSubjectHistory(services.history) });
  }

  /** Hands on what is told under this name, in the order it was processed. */
  hear(name: string, listener: (properties: JsonObject) => void): void {
    this.#hearing.set(name, listener);
  }

  #listen(batch: EventBatch): void {
    for (const { event, subject } of batch.entries) {
      if (event.type !== 'internal' || subject === undefined || batch.workspaceId !== this.workspaceId) continue;
      const listener = this.#hearing.get(event.name);
      if (listener !== undefined) {
        listener(event.payload.properties ?? {});
        continue;
      }
      this.told.push({
        name: event.name,
        segment: String(event.payload.properties?.['segment_name']),
        profileId: subject.id,
        cause: String(event.payload.properties?.['cause']),
      });
    }
  }

  /** Appends events as intake would; nothing is processed yet. */
  async say(...events: readonly ShopEvent[]): Promise<void> {
    const { workspaceId } = this;
    const nowMs = this.ctx.clock.now();
    const identified = events.map((event) => ({
      event,
      identifiers: reader.rank(event.by.map(readIdentifier), true).identifiers,
    }));
    await this.#directory.ensure(
      identified.flatMap((e) => e.identifiers.map((identifier) => ({ workspaceId, identifier }))),
    );
    const nodesOf = identified.map((e) => e.identifiers.map((i) => this.#directory.find(workspaceId, i)!));
    await this.#directory.ensureKeys(
      workspaceId,
      nodesOf.map(([strongest]) => strongest!.id),
    );
    const placed = identified.map(({ event }, index) => {
      const nodes = nodesOf[index]!;
      const key = this.#directory.keyOf(nodes[0]!.id)!;
      const { type = 'track', name = '', atMs = nowMs, properties, traits, personal, context } = event;
      const stored = storedEvent({
        workspaceId,
        type,
        name,
        occurredAt: atMs,
        receivedAt: nowMs,
        nodes: nodes.map(({ kind, id }) => ({ kind, id })),
        sealed: personal === undefined ? '' : seal(key, JSON.stringify({ traits: personal })).toString('base64'),
        payload: { ...(properties && { properties }), ...(traits && { traits }), ...(context && { context }) },
      });
      return { lane: nodes[0]!.lane, event: stored };
    });
    await this.processes[0]!.append(placed);
  }

  /** Both processes process at the same time until nothing is left. */
  async settle(eventsMax?: number): Promise<void> {
    for (let round = 0; round < 3; round++) {
      await Promise.all([...this.#stages].map(([process, stages]) => process.process(stages, eventsMax)));
    }
  }

  async live(...events: readonly ShopEvent[]): Promise<void> {
    for (const event of events) {
      await this.say(event);
      await this.settle();
    }
  }

  /** Both processes run every wake that has come due, and what that made happen is processed. */
  async wake(): Promise<void> {
    while ((await Promise.all(this.processes.map((process) => runDueWakes(process.services)))).some((due) => due > 0));
    await this.settle();
  }

  /** One round of back-filling in both processes at the same time. */
  async fillOnce(): Promise<void> {
    const rounds = await Promise.allSettled(this.processes.map((process) => runBackFills(process.services)));
    for (const round of rounds) if (round.status === 'rejected') throw round.reason;
  }

  /** Until every segment is live. */
  async fill(): Promise<void> {
    const isLive = async () =>
      (await listActiveSegments(this.ctx.sql, this.workspaceId)).every(
        (segment) => segment.status === 'live' && segment.next_rule === null,
      );
    while (!(await isLive())) {
      await this.fillOnce();
      await this.settle();
    }
  }

  /** A member undoes the newest merge of the profile; answers whose it is that is there again. */
  async unmerge(profileId: string): Promise<string> {
    const app = serveRoutes([createIdentityGraphRoutes(this.reshaper)], () => this.ctx);
    const restored = await undoNewestMerge(app, profileId);
    await this.settle();
    return restored;
  }

  async profileId(said: string): Promise<string> {
    return (await findProfileId(this.ctx, readIdentifier(said)))!;
  }
}

const reader = new IdentifierReader();

function readIdentifier(said: string) {
  const [kind, ...value] = said.split(':');
  return reader.read(kind!, value.join(':'))!;
}

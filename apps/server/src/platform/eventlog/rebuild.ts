import type { Services } from '../context.ts';
import type { Sql, Transaction } from '../postgres/index.ts';
import type { Entry, EventBatch, Handover, Merge, RebuildBatch, Stage, SubjectBatch } from './batch.ts';
import type { EventType, LoggedEvent } from './event.ts';
import { readConfigVersion } from './lease.ts';
import { appendEmitted, OpenBatch } from './subject-batch.ts';
import type { Subject } from './subject.ts';
import { isInTransaction } from './tx-ctx.ts';

/** Where the past of subjects is read. The log knows no identifiers, so a module above provides it. */
export interface SubjectHistory {
  /**
   * Reads what the archive does not hold yet of the subjects `ids`, before they are locked, so that little of it is left to
   * be read while they are. Throws `conflict` when the archive is too far behind.
   */
  open(sql: Sql, of: { workspaceId: number; ids: readonly string[] }): Promise<OpenHistory>;
}

/** The past of subjects as one reshaping reads it. */
export interface OpenHistory {
  /** Throws when what happened to these subjects cannot be counted now. Called before anything is rebuilt. */
  requireCountable(batch: SubjectBatch, subjects: readonly Subject[]): Promise<void>;
  /**
   * What the processor has taken of the subject's nodes, oldest event time first, no event twice. The subject must be
   * locked: then nothing of it lies between what was applied to it and the processor's positions. Throws `conflict` when
   * the log would have to be read too far for that.
   */
  read(batch: SubjectBatch, subject: Subject, types?: readonly EventType[]): AsyncIterable<LoggedEvent>;
}

/** What a decision about locked subjects is made with. */
export interface ReshapingBatch extends SubjectBatch {
  /** What happened under the nodes a subject has when it is asked, oldest event time first. */
  past(subject: Subject): AsyncIterable<LoggedEvent>;
}

/** What was decided about locked subjects, by a member or by what an event left to be done. */
export interface Reshaping {
  /** In order. The subjects merged away are removed from the batch by whoever decides it. */
  readonly merges?: readonly Merge[];
  readonly handovers?: readonly Handover[];
  /** Made anew from history, after the merges. Their lists of nodes are right already. */
  readonly rebuilds?: readonly Subject[];
}

/** Changes what subjects are made of, and lets every stage follow, in one transaction. */
export interface Reshaper {
  /**
   * Locks `ids`, lets `decide` say what becomes of the subjects, runs every stage over it in stage order and saves; what is
   * emitted is appended at the end. Inside a transaction it joins that one. `counts`: subjects will be counted anew, so what
   * that takes is read beforehand; without it everything is read while they are locked.
   */
  reshape(
    services: Services,
    options: { workspaceId: number; ids: readonly string[]; counts?: boolean },
    decide: (batch: ReshapingBatch) => Promise<Reshaping>,
  ): Promise<void>;
}

/** So many events of a subject are kept between the stages that ask for them; of a longer past each reads its own part. */
const KEPT_EVENTS_MAX = 5_000;

class OpenReshaping extends OpenBatch implements EventBatch, RebuildBatch, ReshapingBatch {
  readonly entries: readonly Entry[] = [];
  merges: Merge[] = [];
  rebuilds: readonly Subject[] = [];
  handovers: readonly Handover[] = [];
  readonly #history: OpenHistory;
  /** The whole past of a subject; undefined: it is too long to be kept. */
  readonly #kept = new Map<Subject, LoggedEvent[] | undefined>();

  constructor(
    services: Services,
    options: { workspaceId: number; sql: Transaction; configVersion: number },
    history: OpenHistory,
  ) {
    super(services, options);
    this.#history = history;
  }

  past(subject: Subject): AsyncIterable<LoggedEvent> {
    return this.#history.read(this, subject);
  }

  async *history(subject: Subject, types?: readonly EventType[]): AsyncIterable<LoggedEvent> {
    const wanted = (event: LoggedEvent) => types === undefined || types.includes(event.type);
    const kept = await this.#keep(subject);
    if (kept === undefined) yield* this.#history.read(this, subject, types);
    else for (const event of kept) if (wanted(event)) yield event;
  }

  async #keep(subject: Subject): Promise<LoggedEvent[] | undefined> {
    if (this.#kept.has(subject)) return this.#kept.get(subject);
    const events: LoggedEvent[] = [];
    for await (const event of this.#history.read(this, subject)) {
      events.push(event);
      if (events.length > KEPT_EVENTS_MAX) break;
    }
    const kept = events.length > KEPT_EVENTS_MAX ? undefined : events;
    this.#kept.set(subject, kept);
    return kept;
  }

  async requireCountable(): Promise<void> {
    await this.#history.requireCountable(this, this.rebuilds);
  }
}

/** Joins the stages of the processor with the past of subjects. */
export function createReshaper(parts: { stages: readonly Stage[]; history: SubjectHistory }): Reshaper {
  return {
    async reshape(services, { workspaceId, ids, counts = false }, decide) {
      const reader = isInTransaction(services) ? services.sql : services.postgres;
      const history = await parts.history.open(reader, { workspaceId, ids: counts ? ids : [] });
      const run = async (sql: Transaction): Promise<OpenReshaping> => {
        const batch = new OpenReshaping(services, { workspaceId, sql, configVersion: 0 }, history);
        await batch.lock(ids);
        await reshapeIn(batch, parts.stages, decide);
        return batch;
      };
      if (isInTransaction(services)) {
        const batch = await run(services.sql);
        // The outer transaction appends: lanes are locked last.
        for (const event of batch.emitted) services.emit(event);
        return;
      }
      const blocks = await services.postgres.transaction(async (sql) => appendEmitted(sql, [await run(sql)]));
      services.log.appended(blocks);
    },
  };
}

async function reshapeIn(
  batch: OpenReshaping,
  stages: readonly Stage[],
  decide: (batch: ReshapingBatch) => Promise<Reshaping>,
): Promise<void> {
  // Read once the subjects are locked: whoever wrote a definition earlier and touched them since is seen.
  batch.configVersion = await readConfigVersion(batch.sql);
  const { merges = [], handovers = [], rebuilds = [] } = await decide(batch);
  if (merges.length > 0) {
    batch.merges = [...merges];
    for (const stage of stages) await stage.run(batch);
    batch.merges = [];
  }
  if (rebuilds.length > 0 || handovers.length > 0) {
    batch.rebuilds = rebuilds;
    batch.handovers = handovers;
    await batch.requireCountable();
    for (const stage of stages) await stage.rebuild?.(batch);
  }
  await batch.save();
}

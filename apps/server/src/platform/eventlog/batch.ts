import type { Clock } from '../clock/index.ts';
import type { WorkspaceKeys } from '../crypto/index.ts';
import type { Transaction } from '../postgres/index.ts';
import type { EventPayload, EventType, LoggedEvent, NodeRef } from './event.ts';
import type { Subject } from './subject.ts';

/** An event Segue itself emits about a subject. It is appended to the internal log in the emitting transaction. */
export interface EmittedEvent {
  /** Whom it is about: decides the internal lane, so that one subject's internal events keep their order. */
  readonly subjectId: string;
  /** The node it is archived under; upon a merge or its undoing the event goes where this node goes. */
  readonly node: NodeRef;
  readonly name: string;
  readonly occurredAt: number;
  readonly properties: NonNullable<EventPayload['properties']>;
  /** Given when a repeat must be recognisable; else made. */
  readonly id?: string;
  /** `map` records which subject a node belongs to; readers other than the archive pass it by. */
  readonly type?: 'internal' | 'map';
}

/** One transaction over a set of locked subjects of one workspace. */
export interface SubjectBatch {
  readonly workspaceId: number;
  readonly sql: Transaction;
  readonly clock: Clock;
  keysOf(workspaceId: number): Promise<WorkspaceKeys>;
  /** The instant of the batch, taken when its subjects are locked: every decision in it sees the same now. */
  readonly now: number;
  /** The locked subjects by id. Only these may be changed. */
  readonly subjects: ReadonlyMap<string, Subject>;
  /** Locks and loads further subjects, in id order. Ids that do not exist (merged away) are left out of the answer. */
  lock(ids: readonly string[]): Promise<ReadonlyMap<string, Subject>>;
  /** Adds a subject that did not exist. */
  create(id: string): Subject;
  /** Removes a subject that was merged away. */
  remove(id: string): void;
  emit(event: EmittedEvent): void;
  /** The version of the stage definitions this batch is processed with. */
  readonly configVersion: number;
}

/** An event of the batch and, after the identity stage, the subject it is about. */
export interface Entry {
  readonly event: LoggedEvent;
  subject: Subject | undefined;
}

export interface Merge {
  readonly from: Subject;
  readonly into: Subject;
}

export interface EventBatch extends SubjectBatch {
  /** In lane order. */
  readonly entries: readonly Entry[];
  /** Merges decided by the identity stage, in order; later stages move what they own. */
  readonly merges: Merge[];
}

/** Identity nodes that went from one subject to another while both live on: a merge undone, a shared device set apart. */
export interface Handover {
  readonly from: Subject;
  readonly into: Subject;
  readonly nodes: readonly NodeRef[];
}

/** Subjects whose state is made anew, because identifiers went from or to them, or by way of repair. */
export interface RebuildBatch extends SubjectBatch {
  /** Locked, and whose they are is decided already: their own lists of nodes are right. */
  readonly rebuilds: readonly Subject[];
  /** In order; empty for a repair. What is filed under a node goes where the node went. */
  readonly handovers: readonly Handover[];
  /**
   * Everything the processor has taken of the subject's nodes, oldest event time first: from the history, and what that
   * does not hold yet from the log. Read piece by piece; `types` narrows it.
   */
  history(subject: Subject, types?: readonly EventType[]): AsyncIterable<LoggedEvent>;
}

/** One step of the processor: works on a whole batch, one query per table per batch. */
export interface Stage {
  readonly name: string;
  /**
   * Answers which of Segue's own events this stage acts upon. One that no stage hears is passed by without touching its
   * subject: most of them are there only to be seen in the history. A stage that hears none leaves this out.
   */
  hears?(batch: SubjectBatch): Promise<(event: LoggedEvent) => boolean>;
  run(batch: EventBatch): Promise<void>;
  /**
   * Makes what this stage keeps of `rebuilds` anew: rows go with the node they are filed under, the section of the state is
   * computed from history, never subtracted from. A stage that keeps nothing leaves this out.
   */
  rebuild?(batch: RebuildBatch): Promise<void>;
}

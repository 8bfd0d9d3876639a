import type { Services } from '../../../platform/context.ts';
import { seal } from '../../../platform/crypto/index.ts';
import { AppError } from '../../../platform/errors.ts';
import {
  cleanText,
  encodeEvent,
  messageKey,
  type NodeRef,
  type StoredEvent,
} from '../../../platform/eventlog/index.ts';
import { newUuid } from '../../../platform/ids/index.ts';
import { type KnownNode, NodeDirectory } from '../../profiles/index.ts';
import { type EventLine, isDatabaseTrouble, writeLines } from './line-store.ts';
import { intakeMetrics } from './intake-metrics.ts';
import type { ReadEvent } from './read-item.ts';

const DAY_MS = 86_400_000;
/** One group commit writes at most this much; the next gathers meanwhile. */
const GROUP_EVENTS_MAX = 2_000;
const GROUP_BYTES_MAX = 8_000_000;
/** Two groups under way: one is made ready while the other waits for the disk. */
const GROUPS_MAX = 2;
/** Beyond this many events waiting in memory senders are told to come back, however small the events are. */
const WAITING_EVENTS_MAX = 60_000;

/** The events of one request: all become durable, or none. */
export interface Commit {
  readonly workspaceId: number;
  readonly events: readonly ReadEvent[];
  /** About what they take as JSON. */
  readonly sizeBytes: number;
}

interface Waiting extends Commit {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Takes events of many requests into the log together. */
export interface Committer {
  /** Resolves once the events are durable. Rejects with `unavailable` when they are not: the sender should repeat. */
  commit(commit: Commit): Promise<void>;
  /** Resolves when nothing is waiting any more. */
  drain(): Promise<void>;
}

export function createCommitter(services: Services): Committer {
  return new GroupCommitter(services);
}

class GroupCommitter implements Committer {
  readonly #services: Services;
  readonly #nodes: NodeDirectory;
  #queue: Waiting[] = [];
  #waitingEvents = 0;
  #groupsUnderWay = 0;
  #idle: (() => void)[] = [];

  constructor(services: Services) {
    this.#services = services;
    this.#nodes = new NodeDirectory(services.postgres, (workspaceId) => services.keysOf(workspaceId));
  }

  commit(commit: Commit): Promise<void> {
    const { events } = commit;
    if (events.length === 0) return Promise.resolve();
    if (this.#waitingEvents + events.length > WAITING_EVENTS_MAX) {
      return Promise.reject(
        new AppError('unavailable', 'Too many events are waiting to be written; repeat shortly', {
          retryAfterSeconds: 1,
        }),
      );
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ ...commit, resolve, reject });
      this.#waitingEvents += events.length;
      // Requests that arrived in the same turn of the event loop go together.
      setImmediate(() => this.#pump());
    });
  }

  async drain(): Promise<void> {
    if (this.#waitingEvents === 0) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #pump(): void {
    while (this.#groupsUnderWay < GROUPS_MAX && this.#queue.length > 0) {
      const group = this.#takeGroup();
      this.#groupsUnderWay++;
      void this.#write(group).finally(() => {
        this.#groupsUnderWay--;
        if (this.#waitingEvents === 0) for (const resolve of this.#idle.splice(0)) resolve();
        this.#pump();
      });
    }
  }

  #takeGroup(): Waiting[] {
    let events = 0;
    let bytes = 0;
    let count = 0;
    for (const next of this.#queue) {
      events += next.events.length;
      bytes += next.sizeBytes;
      if (count > 0 && (events > GROUP_EVENTS_MAX || bytes > GROUP_BYTES_MAX)) break;
      count++;
    }
    return this.#queue.splice(0, count);
  }

  async #write(group: readonly Waiting[]): Promise<void> {
    try {
      await this.#commitGroup(group);
    } catch (cause) {
      if (group.length === 1 || isDatabaseTrouble(cause)) return this.#refuse(group, cause);
      // What is wrong with one request is not the others' fault, and they would meet it again when they repeat.
      const middle = group.length >> 1;
      await this.#write(group.slice(0, middle));
      return this.#write(group.slice(middle));
    }
    for (const waiting of group) this.#settle(waiting).resolve();
  }

  #refuse(group: readonly Waiting[], cause: unknown): void {
    this.#services.logger.warn(
      { error: cause, requests: group.length },
      'events could not be written; their senders are told to repeat',
    );
    const error = new AppError('unavailable', 'The events could not be written; repeat shortly', {
      retryAfterSeconds: 1,
      cause,
    });
    for (const waiting of group) this.#settle(waiting).reject(error);
  }

  #settle(waiting: Waiting): Waiting {
    this.#waitingEvents -= waiting.events.length;
    return waiting;
  }

  async #commitGroup(group: readonly Waiting[]): Promise<void> {
    const begunAt = performance.now();
    await this.#ensureNodes(group);
    const lines = group.flatMap(({ workspaceId, events }) => events.map((event) => this.#line(workspaceId, event)));
    await writeLines(this.#services, lines, Math.floor(this.#services.clock.now() / DAY_MS));
    const { groupEvents, groupDuration } = intakeMetrics(this.#services);
    groupEvents.observe(lines.length);
    groupDuration.observe((performance.now() - begunAt) / 1_000);
  }

  /** Every identifier gets its node; of those that will seal something the key is fetched too. */
  async #ensureNodes(group: readonly Waiting[]): Promise<void> {
    await this.#nodes.ensure(
      group.flatMap(({ workspaceId, events }) =>
        events.flatMap((event) => event.identifiers.map((identifier) => ({ workspaceId, identifier }))),
      ),
    );
    const sealing = new Map<number, number[]>();
    for (const { workspaceId, events } of group) {
      for (const event of events) {
        if (event.personal === undefined) continue;
        const ids = sealing.get(workspaceId) ?? [];
        ids.push(this.#nodes.find(workspaceId, event.identifiers[0]!)!.id);
        sealing.set(workspaceId, ids);
      }
    }
    for (const [workspaceId, ids] of sealing) await this.#nodes.ensureKeys(workspaceId, ids);
  }

  #line(workspaceId: number, event: ReadEvent): EventLine {
    const nodes: KnownNode[] = event.identifiers.map((identifier) => this.#nodes.find(workspaceId, identifier)!);
    const strongest = nodes[0]!;
    const id = event.messageId ?? newUuid(event.receivedAt);
    const stored: StoredEvent = {
      workspaceId,
      id,
      type: event.type,
      name: event.name,
      occurredAt: event.occurredAt,
      receivedAt: event.receivedAt,
      nodes: nodes.map((node): NodeRef => ({ kind: node.kind, id: node.id })),
      sealed: sealPersonal(event, this.#nodes.keyOf(strongest.id)),
      payload: event.payload,
    };
    const written = encodeEvent(stored);
    const text = cleanText(written);
    return {
      key: messageKey(workspaceId, id),
      lane: strongest.lane,
      text,
      event: text === written ? stored : undefined,
    };
  }
}

/** Personal values of an erased person are not kept at all: there is no key to seal them with. */
function sealPersonal(event: ReadEvent, key: Buffer | undefined): string {
  if (event.personal === undefined || key === undefined) return '';
  return seal(key, cleanText(JSON.stringify(event.personal))).toString('base64');
}

import type { Services } from '../../../platform/context.ts';
import { seal } from '../../../platform/crypto/index.ts';
import { AppError } from '../../../platform/errors.ts';
import { appendLines, claimMessageKeys, encodeEvent, INTAKE_LOG, messageKey, type NodeRef } from '../../../platform/eventlog/index.ts';
import { newUuid } from '../../../platform/ids/index.ts';
import { type KnownNode, NodeDirectory } from '../../profiles/index.ts';
import { cleanText } from './clean-text.ts';
import type { ReadEvent } from './read-item.ts';

const DAY_MS = 86_400_000;
/** One group commit writes at most this many events; the next gathers meanwhile. */
const GROUP_EVENTS_MAX = 2_000;
/** Two groups under way: one is made ready while the other waits for the disk. */
const GROUPS_MAX = 2;
/** Beyond this many events waiting in memory senders are told to come back: about 100 MB at 1.5 KB an event. */
const WAITING_EVENTS_MAX = 60_000;

interface Waiting {
  readonly workspaceId: number;
  readonly events: readonly ReadEvent[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Takes events of many requests into the log together. */
export interface Committer {
  /** Resolves once the events are durable. Rejects with `unavailable` when they are not: the sender should repeat. */
  commit(workspaceId: number, events: readonly ReadEvent[]): Promise<void>;
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

  commit(workspaceId: number, events: readonly ReadEvent[]): Promise<void> {
    if (events.length === 0) return Promise.resolve();
    if (this.#waitingEvents + events.length > WAITING_EVENTS_MAX) {
      return Promise.reject(new AppError('unavailable', 'Too many events are waiting to be written; repeat shortly', { retryAfterSeconds: 1 }));
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ workspaceId, events, resolve, reject });
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
    let count = 0;
    while (count < this.#queue.length && (count === 0 || events + this.#queue[count]!.events.length <= GROUP_EVENTS_MAX)) {
      events += this.#queue[count++]!.events.length;
    }
    return this.#queue.splice(0, count);
  }

  async #write(group: readonly Waiting[]): Promise<void> {
    const events = group.reduce((sum, waiting) => sum + waiting.events.length, 0);
    try {
      await this.#commitGroup(group);
      for (const waiting of group) waiting.resolve();
    } catch (cause) {
      this.#services.logger.warn({ error: cause, events }, 'events could not be written; their senders are told to repeat');
      const error = new AppError('unavailable', 'The events could not be written; repeat shortly', { retryAfterSeconds: 1, cause });
      for (const waiting of group) waiting.reject(error);
    } finally {
      this.#waitingEvents -= events;
    }
  }

  async #commitGroup(group: readonly Waiting[]): Promise<void> {
    const { postgres, clock, log } = this.#services;
    const needs = group.flatMap(({ workspaceId, events }) =>
      events.flatMap((event) => event.identifiers.map((identifier) => ({ workspaceId, identifier }))),
    );
    this.#nodes.trim();
    await this.#nodes.ensure(needs);
    const lines = group.flatMap(({ workspaceId, events }) => events.map((event) => this.#line(workspaceId, event)));
    const day = Math.floor(clock.now() / DAY_MS);
    const blocks = await postgres.transaction(async (sql) => {
      const fresh = await claimMessageKeys(sql, lines.map((line) => line.key), day);
      const byLane = new Map<number, string[]>();
      for (const line of lines) {
        // Deleting as we go drops a repeat within the group as well.
        if (!fresh.delete(line.key)) continue;
        const lane = byLane.get(line.lane);
        if (lane === undefined) byLane.set(line.lane, [line.text]);
        else lane.push(line.text);
      }
      return byLane.size === 0 ? [] : appendLines(sql, INTAKE_LOG, byLane);
    });
    log.appended(blocks);
  }

  #line(workspaceId: number, event: ReadEvent): { key: string; lane: number; text: string } {
    const nodes: KnownNode[] = event.identifiers.map((identifier) => this.#nodes.find(workspaceId, identifier)!);
    const strongest = nodes[0]!;
    const id = event.messageId ?? newUuid(event.receivedAt);
    const text = encodeEvent({
      workspaceId,
      id,
      type: event.type,
      name: event.name,
      occurredAt: event.occurredAt,
      receivedAt: event.receivedAt,
      nodes: nodes.map((node): NodeRef => ({ kind: node.kind, id: node.id })),
      sealed: sealPersonal(event, strongest),
      payload: event.payload,
    });
    return { key: messageKey(workspaceId, id), lane: strongest.lane, text: cleanText(text) };
  }
}

/** Personal values of an erased person are not kept at all: there is no key to seal them with. */
function sealPersonal(event: ReadEvent, strongest: KnownNode): string {
  if (event.personal === undefined || strongest.key === undefined) return '';
  return seal(strongest.key, JSON.stringify(event.personal)).toString('base64');
}

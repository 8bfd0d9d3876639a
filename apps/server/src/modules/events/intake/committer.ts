import type { Services } from '../../../platform/context.ts';
import { seal, type WorkspaceKeys } from '../../../platform/crypto/index.ts';
import { AppError } from '../../../platform/errors.ts';
import {
  cleanText,
  encodeEvent,
  type EventPayload,
  messageKey,
  type NodeRef,
  type StoredEvent,
} from '../../../platform/eventlog/index.ts';
import { newUuid } from '../../../platform/ids/index.ts';
import type { JsonObject } from '../../../platform/json.ts';
import type { Sql } from '../../../platform/postgres/index.ts';
import { type Identifier, type KnownNode, NodeDirectory } from '../../profiles/index.ts';
import { blindProperties } from './blind-properties.ts';
import { withoutErased } from './erased-values.ts';
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
  /** Told by somebody else than the customer: nobody who was erased starts anew by it. */
  readonly isHearsay?: boolean;
  /** Done in the transaction that makes the events durable; what it throws takes them back. */
  readonly alongside?: (sql: Sql) => Promise<void>;
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
    const lines = await this.#writeGroup(group);
    const { groupEvents, groupDuration } = intakeMetrics(this.#services);
    groupEvents.observe(lines);
    groupDuration.observe((performance.now() - begunAt) / 1_000);
  }

  /** Answers how many lines it wrote, or found to be repeats. Begins again when somebody was erased meanwhile. */
  async #writeGroup(group: readonly Waiting[]): Promise<number> {
    const keys = await this.#keysOf(group);
    for (;;) {
      const { epoch } = this.#nodes;
      await this.#ensureNodes(group);
      if (this.#nodes.epoch !== epoch) continue;
      const lines = group.flatMap(({ workspaceId, events }) =>
        events.flatMap((event) => this.#line(workspaceId, event, keys.get(workspaceId)) ?? []),
      );
      const written = await writeLines(this.#services, lines, {
        day: Math.floor(this.#services.clock.now() / DAY_MS),
        epoch,
        alongside: group.flatMap(({ alongside }) => alongside ?? []),
      });
      if (written.kind === 'written') return lines.length;
      this.#nodes.forget(written.epoch);
    }
  }

  /** Every identifier gets its node; of those that will seal something the key is fetched too. */
  async #ensureNodes(group: readonly Waiting[]): Promise<void> {
    // Whether a previous id is a user id is asked first: only if it is none, it is somebody's anonymousId.
    await this.#nodes.ensure(group.flatMap(previousUsers));
    await this.#nodes.ensure(
      group.flatMap(({ workspaceId, events, isHearsay }) =>
        events.flatMap((event) => {
          const signUpAt = isHearsay !== true && isSignUp(event) ? event.occurredAt : undefined;
          const { named } = this.#named(workspaceId, event);
          return named.map((identifier) => ({ workspaceId, identifier, signUpAt }));
        }),
      ),
    );
    const sealing = new Map<number, number[]>();
    for (const { workspaceId, events } of group) {
      for (const event of events) {
        const [first] = event.personal === undefined ? [] : this.#named(workspaceId, event).named;
        const strongest = first === undefined ? undefined : this.#nodes.find(workspaceId, first);
        if (strongest === undefined) continue;
        const ids = sealing.get(workspaceId) ?? [];
        ids.push(strongest.id);
        sealing.set(workspaceId, ids);
      }
    }
    for (const [workspaceId, ids] of sealing) await this.#nodes.ensureKeys(workspaceId, ids);
  }

  /**
   * An alias comes with who she was before as both kinds: what is no user id is left out here, or what is no anonymousId.
   * The user id of an erased customer is one still: nobody becomes known by it as a visitor.
   */
  #named(workspaceId: number, event: ReadEvent): Named {
    const { type, identifiers, payload } = event;
    if (type !== 'alias') return { named: identifiers, payload };
    const before = identifiers.find(({ isPrevious }) => isPrevious === true);
    const user = before && userOf(before);
    const isErased = user !== undefined && this.#nodes.isErased(workspaceId, user);
    const isUser = identifiers.some((one) => isPreviousUser(one) && this.#nodes.find(workspaceId, one) !== undefined);
    const isNamed = ({ isPrevious, kind }: Identifier) =>
      isPrevious !== true || (kind === 'userId') === (isUser || isErased);
    return { named: identifiers.filter(isNamed), payload: withClaimsOf(payload, identifiers.map(isNamed)) };
  }

  /** The keys of workspaces whose events hold something to seal. */
  async #keysOf(group: readonly Waiting[]): Promise<Map<number, WorkspaceKeys>> {
    const keys = new Map<number, WorkspaceKeys>();
    for (const { workspaceId, events } of group) {
      if (keys.has(workspaceId) || !events.some(({ personal }) => personal !== undefined)) continue;
      keys.set(workspaceId, await this.#services.keysOf(workspaceId));
    }
    return keys;
  }

  /** Undefined: all that it is known by is of customers who were erased. */
  #line(workspaceId: number, event: ReadEvent, keys: WorkspaceKeys | undefined): EventLine | undefined {
    const { named, payload: said } = this.#named(workspaceId, event);
    const found = named.map((identifier) => this.#nodes.find(workspaceId, identifier));
    const nodes = found.filter((node) => node !== undefined);
    const strongest = nodes[0];
    if (event.identifiers.length === 0) throw new Error('an event without any identifier');
    if (strongest === undefined) return undefined;
    const id = event.messageId ?? newUuid(event.receivedAt);
    const isKnown = (node: KnownNode | undefined) => node !== undefined;
    const isWhole = nodes.length === found.length;
    const payload = isWhole ? said : withClaimsOf(said, found.map(isKnown));
    // What is said of an erased customer is not kept under what else the event is known by, nor is what she was known by.
    const erased = isWhole ? [] : named.filter((_, place) => !isKnown(found[place]));
    const personal = found[0] === undefined ? undefined : withoutErased(event.personal, erased);
    const blind = keys === undefined ? undefined : blindProperties(keys, personal);
    const stored: StoredEvent = {
      workspaceId,
      id,
      type: event.type,
      name: event.name,
      occurredAt: event.occurredAt,
      receivedAt: event.receivedAt,
      nodes: nodes.map((node): NodeRef => ({ kind: node.kind, id: node.id })),
      sealed: sealPersonal(personal, this.#nodes.keyOf(strongest.id)),
      payload: blind === undefined ? payload : { ...payload, blind },
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
function sealPersonal(personal: JsonObject | undefined, key: Buffer | undefined): string {
  if (personal === undefined || key === undefined) return '';
  return seal(key, cleanText(JSON.stringify(personal))).toString('base64');
}

const SIGN_UP_EVENTS: ReadonlySet<string> = new Set(['Signed Up', 'Account Created', 'Order Completed']);

/** Whether the customer herself said who she is: then she starts anew, if she was erased before. */
function isSignUp({ type, name, payload }: ReadEvent): boolean {
  if (type !== 'track') return type === 'identify';
  return SIGN_UP_EVENTS.has(name) || (name === 'Consent Updated' && payload.properties?.['status'] === 'granted');
}

interface Named {
  readonly named: readonly Identifier[];
  readonly payload: EventPayload;
}

function isPreviousUser({ isPrevious, kind }: Identifier): boolean {
  return isPrevious === true && kind === 'userId';
}

function previousUsers({
  workspaceId,
  events,
}: Commit): { workspaceId: number; identifier: Identifier; ifKnown: true }[] {
  const aliases = events.filter(({ type }) => type === 'alias');
  const before = aliases.flatMap(({ identifiers }) => identifiers.filter(({ isPrevious }) => isPrevious === true));
  return before.map((one) => ({ workspaceId, identifier: userOf(one), ifKnown: true }));
}

/** The user id that a previous id would be, if it is one. */
function userOf({ value }: Identifier): Identifier {
  return { kind: 'userId', value };
}

/** Claims are named by place: what fell away moves those behind it forward. `isLeft`: whether what stood at each place is. */
function withClaimsOf(payload: EventPayload, isLeft: readonly boolean[]): EventPayload {
  const { claims, ...rest } = payload;
  const places = isLeft.flatMap((left, place) => (left ? [place] : []));
  const left = claims?.map((place) => places.indexOf(place)).filter((place) => place >= 0) ?? [];
  return left.length === 0 ? rest : { ...rest, claims: left };
}

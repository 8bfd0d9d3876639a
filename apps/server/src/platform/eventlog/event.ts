import type { JsonObject } from '../json.ts';

/** The two logs: what came from outside, and what Segue itself made happen. */
export const INTAKE_LOG = 0;
export const INTERNAL_LOG = 1;
export type LogId = typeof INTAKE_LOG | typeof INTERNAL_LOG;
export const LOG_IDS: readonly LogId[] = [INTAKE_LOG, INTERNAL_LOG];

/** Many more lanes would shred the blocks; fewer would starve parallel readers. Cannot change once a log exists. */
export const LANE_COUNT = 16;

export type EventType = 'track' | 'identify' | 'page' | 'screen' | 'group' | 'alias' | 'internal' | 'map';

/** An identity node on an event: the code of its kind, and its id. */
export interface NodeRef {
  readonly kind: number;
  readonly id: number;
}

/** What an event says, less every personal value: those are in `sealed`. */
export interface EventPayload {
  properties?: JsonObject;
  traits?: JsonObject;
  context?: JsonObject;
  /** Keyed hashes of sealed properties, by name: equality can be asked of them without opening anything. */
  blind?: Record<string, string[]>;
  /** The number of the source it came from; none on what Segue itself emits. */
  source?: number;
  /**
   * The places in `nodes` of those that are only claimed: an email or phone somebody typed, from a source that is not
   * trusted. Left out when none is.
   */
  claims?: readonly number[];
  /**
   * On an event taken again after it was a dead letter: its first place (log, lane, seq) and how often it failed. Always
   * the last key. Its first line is in the history and was observed, so only the processor looks at this one.
   */
  replayOf?: readonly [log: number, lane: number, seq: number, failures: number];
}

/** One event as the log holds it. Times are milliseconds since the epoch, UTC. */
export interface StoredEvent {
  readonly workspaceId: number;
  /** The sender's messageId, or ours. */
  readonly id: string;
  readonly type: EventType;
  /** The track event's name, the page's or screen's name, or '' . */
  readonly name: string;
  readonly occurredAt: number;
  readonly receivedAt: number;
  /** Strongest first. */
  readonly nodes: readonly NodeRef[];
  /** The personal values, sealed with the key of the first node; '' when there are none. Base64. */
  readonly sealed: string;
  readonly payload: EventPayload;
}

/** A stored event with its place in the log. */
export interface LoggedEvent extends StoredEvent {
  readonly log: LogId;
  readonly lane: number;
  readonly seq: number;
}

/** Column order of a line: the archive copies lines into ClickHouse as JSONCompactEachRow without parsing them. */
export const LINE_COLUMNS = [
  'workspace_id',
  'message_id',
  'type',
  'name',
  'occurred_ms',
  'received_ms',
  'node',
  'nodes',
  'kinds',
  'sealed',
  'payload',
] as const;

/** One line of a block: a JSON array in the order of `LINE_COLUMNS`. */
export function encodeEvent(event: StoredEvent): string {
  const ids: number[] = [];
  const kinds: number[] = [];
  for (const node of event.nodes) {
    ids.push(node.id);
    kinds.push(node.kind);
  }
  return JSON.stringify([
    event.workspaceId,
    event.id,
    event.type,
    event.name,
    event.occurredAt,
    event.receivedAt,
    ids[0] ?? 0,
    ids,
    kinds,
    event.sealed,
    event.payload,
  ]);
}

type Line = [number, string, EventType, string, number, number, number, number[], number[], string, EventPayload];

export function decodeEvent(line: string, place: { log: LogId; lane: number; seq: number }): LoggedEvent {
  const [workspaceId, id, type, name, occurredAt, receivedAt, , ids, kinds, sealed, payload] = JSON.parse(line) as Line;
  const nodes: NodeRef[] = [];
  for (let i = 0; i < ids.length; i++) nodes.push({ kind: kinds[i]!, id: ids[i]! });
  return {
    workspaceId,
    id,
    type,
    name,
    occurredAt,
    receivedAt,
    nodes,
    sealed,
    payload,
    log: place.log,
    lane: place.lane,
    seq: place.seq,
  };
}

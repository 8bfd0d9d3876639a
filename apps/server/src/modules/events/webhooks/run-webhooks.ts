import { setTimeout as pause } from 'node:timers/promises';
import type { Services } from '../../../platform/context.ts';
import {
  AppendSignal,
  type CursorMove,
  eventAt,
  LaneHold,
  type LaneLease,
  type LaneRun,
  type LeasedRun,
  type LoggedEvent,
  moveCursors,
  readPastPoison,
  readPositions,
  readRuns,
  RetryBatch,
} from '../../../platform/eventlog/index.ts';
import { listNumberedSources } from '../../accounts/index.ts';
import { ownersOfNodes } from '../../profiles/index.ts';
import { mayReceive, needsSignals, type ReadSignals } from './consent-filter.ts';
import { deliveryBody, deliveryId, deliveryType } from './delivery-body.ts';
import { insertDeliveries, type NewDelivery } from './delivery-store.ts';
import { listDefinitions } from './endpoint-store.ts';
import { type Filtered, recordFiltered } from './filtered-store.ts';
import { type EndpointDefinition, isWanted } from './match-events.ts';
import { webhookMetrics } from './webhook-metrics.ts';
import { findRestricted } from './restricted-owners.ts';

const READER = 'webhooks';
/** Each event may be one delivery for every endpoint of its workspace. */
const BATCH_EVENTS_MAX = 500;
/** Nobody listens: the cursors follow the heads unhurried, and no line is read. */
const NOBODY_MS = 1_000;
const BEHIND_MS = 20;
const FAULT_MS = 1_000;

/** Reads both logs and writes down what is to be delivered to webhook endpoints, until `signal` aborts. */
export async function runWebhooks(
  services: Services,
  options: { processId: string; signal: AbortSignal; readSignals: ReadSignals },
): Promise<void> {
  const { processId, signal, readSignals } = options;
  const hold = new LaneHold({ reader: READER, processId });
  const appended = new AppendSignal(services);
  const loadDefinitions = createDefinitionCache(services);
  const tally = { inARow: 0 };
  while (!signal.aborted) {
    try {
      await hold.renew(services);
      await readOnce(services, { hold, appended, tally, loadDefinitions, readSignals, signal });
    } catch (error) {
      const isPassing = error instanceof RetryBatch;
      if (!isPassing) services.logger.warn({ error }, 'the webhooks could not go on; trying again');
      await rest(isPassing ? BEHIND_MS : FAULT_MS, signal);
      await hold.renew(services, true).catch(() => undefined);
    }
  }
  appended.stop();
}

interface Reader {
  readonly hold: LaneHold;
  readonly appended: AppendSignal;
  readonly tally: { inARow: number };
  readonly readSignals: ReadSignals;
  readonly signal: AbortSignal;
  loadDefinitions(version: number): Promise<Definitions>;
}

async function readOnce(services: Services, reader: Reader): Promise<void> {
  const { hold, appended, signal } = reader;
  const [lease] = hold.leases;
  if (lease === undefined) return appended.wait(signal);
  const definitions = await reader.loadDefinitions(lease.configVersion);
  if (definitions.size === 0) {
    await skipToHeads(services, hold);
    return rest(NOBODY_MS, signal);
  }
  const did = await readRound(services, { ...reader, definitions });
  if (did === 'nothing') return appended.wait(signal);
  appended.notify();
  return did === 'waits' ? rest(BEHIND_MS, signal) : undefined;
}

async function rest(ms: number, signal: AbortSignal): Promise<void> {
  await pause(ms, undefined, { signal }).catch(() => undefined);
}

type Definitions = ReadonlyMap<number, readonly EndpointDefinition[]>;

/**
 * Enabled endpoints by workspace, read anew when the version of the reader's cursors changed. A batch that was begun with
 * an older version is taken back by its cursor update.
 */
function createDefinitionCache(services: Services): (version: number) => Promise<Definitions> {
  let cached: { version: number; definitions: Definitions } | undefined;
  return async (version) => {
    if (cached?.version !== version) {
      const definitions = new Map<number, EndpointDefinition[]>();
      for (const endpoint of await listDefinitions(services.postgres)) {
        const known = definitions.get(endpoint.workspaceId);
        if (known === undefined) definitions.set(endpoint.workspaceId, [endpoint]);
        else known.push(endpoint);
      }
      cached = { version, definitions };
    }
    return cached.definitions;
  };
}

async function skipToHeads(services: Services, hold: LaneHold): Promise<void> {
  const heads = new Map<string, number>();
  for (const { log, lane, head } of await readPositions(services.postgres, READER)) heads.set(`${log}/${lane}`, head);
  const moves = hold.leases.flatMap((lease) => {
    const seq = heads.get(`${lease.log}/${lease.lane}`) ?? 0;
    return seq > lease.seq ? [{ lease, begunSeq: lease.seq, seq }] : [];
  });
  if (moves.length === 0) return;
  await moveCursors(services.postgres, { reader: READER, processId: hold.processId, moves });
  for (const { lease, seq } of moves) lease.seq = seq;
}

/** One batch; `waits` when there is more that the processor has not passed yet. */
async function readRound(
  services: Services,
  round: Pick<Reader, 'hold' | 'appended' | 'readSignals' | 'tally'> & { definitions: Definitions },
): Promise<'something' | 'nothing' | 'waits'> {
  const { hold, appended, definitions, readSignals, tally } = round;
  const passed = new Map<string, number>();
  let isBehind = false;
  for (const { log, lane, seq, head } of await readPositions(services.postgres, 'processor')) {
    passed.set(`${log}/${lane}`, seq);
    isBehind ||= seq < head;
  }
  const leases = hold.leases.filter((lease) => passedBy(passed, lease) > lease.seq);
  const found = await readRuns(services, leases, {
    eventsMax: BATCH_EVENTS_MAX,
    fromDatabase: appended.dueToLook(),
    onFound: () => appended.found(),
  });
  const runs = found.map(({ lease, run }) => ({ lease, run: upTo(run, passedBy(passed, lease)) }));
  if (runs.length === 0) return isBehind ? 'waits' : 'nothing';
  const { processId } = hold;
  await readPastPoison(services, {
    ...{ reader: READER, processId, tally, runs },
    write: (runs) => writeRuns(services, { processId, runs, definitions, readSignals }),
  });
  return 'something';
}

function passedBy(passed: ReadonlyMap<string, number>, lease: LaneLease): number {
  return passed.get(`${lease.log}/${lease.lane}`) ?? 0;
}

/** Whose an event is is known once the processor has passed it; a reader ahead of it would name nobody. */
function upTo(run: LaneRun, seq: number): LaneRun {
  const count = Math.min(run.lines.length, seq - run.firstSeq + 1);
  return count === run.lines.length ? run : { ...run, lines: run.lines.slice(0, count) };
}

/** Deliveries and cursors in one transaction: each event becomes one delivery for each endpoint that wants it. Answers how many were wanted. */
export async function writeRuns(
  services: Services,
  batch: { processId: string; runs: readonly LeasedRun[]; definitions: Definitions; readSignals: ReadSignals },
): Promise<number> {
  const asked = batch.runs.flatMap(({ run }) => askedOf(services, run, batch.definitions));
  const deliveries: NewDelivery[] = [];
  const keptFrom: Kept[] = [];
  for (const workspaceId of new Set(asked.map(({ event }) => event.workspaceId))) {
    const own = asked.filter(({ event }) => event.workspaceId === workspaceId);
    const made = await decideDeliveries(services, { workspaceId, asked: own, readSignals: batch.readSignals });
    deliveries.push(...made.deliveries);
    keptFrom.push(...made.keptFrom);
  }
  const filtered = toFiltered(services, keptFrom);
  const moves: CursorMove[] = batch.runs.map(({ lease, run }) => ({
    lease,
    begunSeq: run.firstSeq - 1,
    seq: run.firstSeq + run.lines.length - 1,
  }));
  await services.postgres.transaction(async (sql) => {
    if (deliveries.length > 0) await insertDeliveries(sql, deliveries, services.clock.now());
    await recordFiltered(sql, filtered, services.clock.now());
    await moveCursors(sql, { reader: READER, processId: batch.processId, moves });
  });
  for (const { lease, seq } of moves) lease.seq = seq;
  const kept = filtered.reduce((sum, { events }) => sum + events.length, 0);
  if (kept > 0) webhookMetrics(services).outcomes.inc({ outcome: 'filtered' }, kept);
  return asked.length;
}

/** An event and the endpoints that ask for it. */
interface Asked {
  readonly event: LoggedEvent;
  readonly endpoints: readonly EndpointDefinition[];
}

/** An event and the endpoints it is kept from by consent. */
type Kept = Asked;

async function decideDeliveries(
  services: Services,
  { workspaceId, asked, readSignals }: { workspaceId: number; asked: readonly Asked[]; readSignals: ReadSignals },
): Promise<{ deliveries: NewDelivery[]; keptFrom: Kept[] }> {
  const { postgres } = services;
  const nodes = asked.flatMap(({ event }) => event.nodes.slice(0, 1).map((node) => node.id));
  const owners = await ownersOfNodes(postgres, workspaceId, nodes);
  const ownerOf = ({ nodes: [node] }: LoggedEvent) => (node === undefined ? undefined : owners.get(node.id));
  const restricted = await findRestricted(postgres, workspaceId, owners.values());
  const told = asked.filter(({ event }) => !restricted.has(ownerOf(event) ?? ''));
  const leaving = told.flatMap(({ event, endpoints }) =>
    endpoints.some(({ consent }) => needsSignals(consent)) ? [{ event, profileId: ownerOf(event) }] : [],
  );
  const signals = leaving.length === 0 ? undefined : await readSignals(postgres, workspaceId, leaving);
  const numbered = await listNumberedSources(postgres, workspaceId);
  const sources = new Map(numbered.map(({ number, id }) => [number, id]));
  const deliveries: NewDelivery[] = [];
  const keptFrom: Kept[] = [];
  for (const { event, endpoints } of told) {
    const [open, closed] = partition(endpoints, ({ consent }) => mayReceive(event, consent, signals?.get(event)));
    if (closed.length > 0) keptFrom.push({ event, endpoints: closed });
    deliveries.push(...deliveriesOf({ event, endpoints: open }, { profileId: ownerOf(event), sources }));
  }
  return { deliveries, keptFrom };
}

function askedOf(services: Services, run: LaneRun, definitions: Definitions): Asked[] {
  const asked: Asked[] = [];
  run.lines.forEach((line, index) => {
    const candidates = definitions.get(workspaceOf(line));
    if (candidates === undefined) return;
    try {
      const event = eventAt(run, index);
      const endpoints = candidates.filter((endpoint) => isWanted(endpoint, event));
      if (endpoints.length > 0) asked.push({ event, endpoints });
    } catch (error) {
      // What cannot be read is a dead letter of the processor already; it must not hold the others up.
      const { log, lane, firstSeq } = run;
      services.logger.error({ error, log, lane, seq: firstSeq + index }, 'an event cannot be read for webhooks');
    }
  });
  return asked;
}

function partition<T>(all: readonly T[], test: (one: T) => boolean): [T[], T[]] {
  const isIn = all.map(test);
  return [all.filter((_, index) => isIn[index]), all.filter((_, index) => !isIn[index])];
}

/** A line begins with the number of its workspace: enough to pass by what nobody listens to. */
function workspaceOf(line: string): number {
  return Number.parseInt(line.slice(1, 12), 10);
}

function deliveriesOf(
  { event, endpoints }: Asked,
  of: { profileId: string | undefined; sources: ReadonlyMap<number, string> },
): NewDelivery[] {
  if (endpoints.length === 0) return [];
  const [node] = event.nodes;
  const body = deliveryBody(event, {
    profileId: of.profileId,
    sourceId: of.sources.get(event.payload.source ?? -1),
  });
  const type = deliveryType(event);
  return endpoints.map((endpoint) => {
    const isPersonal = endpoint.includePersonal && node !== undefined && event.sealed !== '';
    return {
      workspaceId: event.workspaceId,
      endpointId: endpoint.id,
      id: deliveryId(endpoint.id, event),
      type,
      eventName: event.name,
      body,
      sealed: isPersonal ? Buffer.from(event.sealed, 'base64') : null,
      // Whose it is says so even where nothing is sealed: it goes with her.
      nodeId: node?.id ?? null,
    };
  });
}

/** What consent kept from endpoints, by endpoint. */
function toFiltered(services: Services, kept: readonly Kept[]): Filtered[] {
  const at = new Date(services.clock.now()).toISOString();
  const found = new Map<EndpointDefinition, { at: string; eventId: string; type: string; name: string }[]>();
  for (const { event, endpoints } of kept) {
    for (const endpoint of endpoints) {
      const shown = { at, eventId: event.id, type: event.type, name: event.name };
      const known = found.get(endpoint);
      if (known === undefined) found.set(endpoint, [shown]);
      else known.push(shown);
    }
  }
  return [...found].map(([{ workspaceId, id }, events]) => ({ workspaceId, endpointId: id, events }));
}

import { setTimeout as pause } from 'node:timers/promises';
import { createContext, type Services } from '../../platform/context.ts';
import { inTransaction } from '../../platform/eventlog/index.ts';
import { deleteCounted } from './cap-store.ts';
import type { Channel, DeliveryOutcome } from './channels/channel.ts';
import type { Departure } from './prepared-message.ts';
import { bounceEvent, messageEvent, type MessageEventName } from './message-events.ts';
import { isPassingFault, writeOutcomes } from './outcome-store.ts';
import { messageMetrics } from './message-metrics.ts';
import { type PlannedOutcome, planOutcome } from './plan-outcome.ts';
import type { SendDeps } from './ports.ts';

/** Hands messages to their channels, some at once, and writes outcomes as they come in. Answers when all are written. */
export async function deliverMessages(
  services: Services,
  deps: SendDeps,
  departures: readonly Departure[],
): Promise<void> {
  const writer = new OutcomeWriter(services, deps);
  const byChannel = new Map<Channel, Departure[]>();
  for (const departure of departures) {
    const channel = deps.channels.get(departure.message.channel)!;
    const waiting = byChannel.get(channel);
    if (waiting === undefined) byChannel.set(channel, [departure]);
    else waiting.push(departure);
  }
  const workers = [...byChannel].flatMap(([channel, waiting]) =>
    Array.from({ length: Math.min(channel.concurrencyMax, waiting.length) }, () =>
      deliverNext(channel, waiting, writer),
    ),
  );
  await Promise.all(workers);
  await writer.flush();
}

async function deliverNext(channel: Channel, waiting: Departure[], writer: OutcomeWriter): Promise<void> {
  for (let departure = waiting.pop(); departure !== undefined; departure = waiting.pop()) {
    writer.add(departure, await deliverOne(channel, departure));
  }
}

async function deliverOne(channel: Channel, departure: Departure): Promise<DeliveryOutcome> {
  try {
    return await channel.deliver(departure.outgoing);
  } catch {
    // An adapter that throws has not said whether the message left; only "unknown" is surely not wrong.
    return { kind: 'unknown', reason: 'the channel broke' };
  }
}

/** Outcomes so close together share a write; a process that dies within leaves them unknown. */
const GATHER_MS = 10;
const WRITE_ATTEMPTS_MAX = 30;
const WRITE_RETRY_MS = 500;

interface Landed {
  readonly departure: Departure;
  readonly planned: PlannedOutcome;
}

/** Group commit of outcomes: while one write is under way the next ones gather. */
class OutcomeWriter {
  readonly #services: Services;
  readonly #deps: SendDeps;
  #landed: Landed[] = [];
  #writing: Promise<void> | undefined;
  #failure: unknown;

  constructor(services: Services, deps: SendDeps) {
    this.#services = services;
    this.#deps = deps;
  }

  add(departure: Departure, outcome: DeliveryOutcome): void {
    const { message, attempt } = departure;
    const planned = planOutcome(message.id, outcome, { attempt, now: this.#services.clock.now() });
    this.#landed.push({ departure, planned });
    this.#writing ??= this.#writeAll();
  }

  async flush(): Promise<void> {
    await this.#writing;
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #writeAll(): Promise<void> {
    while (this.#landed.length > 0) {
      await pause(GATHER_MS);
      const landed = this.#landed;
      this.#landed = [];
      for (const ofWorkspace of groupByWorkspace(landed)) await this.#writeOrGiveUp(ofWorkspace);
      for (const { departure } of landed) this.#deps.inFlight.delete(departure.message.id);
    }
    this.#writing = undefined;
  }

  /** What cannot be written stays `sending` without being under way: recovery makes it `unknown`. */
  async #writeOrGiveUp(landed: readonly Landed[]): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await writeLanded(this.#services, this.#deps, landed);
      } catch (error) {
        if (!isPassingFault(error) || attempt === WRITE_ATTEMPTS_MAX) {
          this.#failure = error;
          return;
        }
        await pause(WRITE_RETRY_MS);
      }
    }
  }
}

function groupByWorkspace(landed: readonly Landed[]): Landed[][] {
  const groups = new Map<number, Landed[]>();
  for (const one of landed) {
    const { workspaceId } = one.departure.message;
    const group = groups.get(workspaceId);
    if (group === undefined) groups.set(workspaceId, [one]);
    else group.push(one);
  }
  return [...groups.values()];
}

const EVENT_NAMES: Readonly<Record<'sent' | 'failed' | 'unknown', MessageEventName>> = {
  sent: 'Message Sent',
  failed: 'Message Failed',
  unknown: 'Message Unknown',
};

async function writeLanded(services: Services, deps: SendDeps, landed: readonly Landed[]): Promise<void> {
  const { workspaceId } = landed[0]!.departure.message;
  const planned = new Map(landed.map((one) => [one.departure.message.id, one.planned]));
  const ctx = createContext(services, workspaceId, { kind: 'system', name: 'messaging' });
  const changed = await inTransaction(ctx, async (ctx) => {
    const now = ctx.clock.now();
    const outcomes = [...planned.values()].map(({ write }) => write);
    const changed = await writeOutcomes(ctx.sql, workspaceId, { outcomes, owner: deps.processId, now });
    const givenBack = changed.filter((message) => planned.get(message.id)!.givesBack).map((message) => message.id);
    await deleteCounted(ctx.sql, workspaceId, givenBack);
    for (const message of changed) {
      const { write, isBounce } = planned.get(message.id)!;
      if (write.status !== 'queued')
        ctx.emit(messageEvent(EVENT_NAMES[write.status], message, { now, reason: write.reason }));
      if (isBounce) ctx.emit(bounceEvent(message, { now, reason: write.reason }));
    }
    return changed;
  });
  const { outcomes: counted } = messageMetrics(services);
  for (const { id, channel } of changed) {
    const { status } = planned.get(id)!.write;
    counted.inc({ channel, outcome: status === 'queued' ? 'retried' : status });
  }
}

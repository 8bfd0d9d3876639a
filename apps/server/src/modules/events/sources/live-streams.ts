import type { ServerResponse } from 'node:http';
import type { LiveItem } from '@segue/contract';
import type { Ctx } from '../../../platform/context.ts';
import {
  decodeEvent,
  type LanePosition,
  type LoggedEvent,
  readBlocks,
  readPositions,
} from '../../../platform/eventlog/index.ts';
import { publicId, uuidText } from '../../../platform/ids/index.ts';
import { listRejectionsAfter, type RejectionRow } from './rejection-store.ts';
import { readSourceDirectory, type SourceDirectory } from './source-directory.ts';

const LOOK_EVERY_MS = 500;
/** What one look reads of a lane at most; a watcher wants to see what comes, not all of a flood. */
const LANE_EVENTS_MAX = 500;
const ITEMS_PER_LOOK_MAX = 200;
const REJECTIONS_PER_LOOK_MAX = 500;
/** Processes write refusals down a second after they happened, out of order among each other. */
const REJECTIONS_LOOK_BACK_MS = 10_000;
const BYTES_WAITING_MAX = 1_000_000;
const QUIET_LOOKS_MAX = 20;

/** What a watcher wants to see; what is left out matches all. */
export interface LiveFilter {
  readonly source?: number | undefined;
  readonly type?: string | undefined;
  readonly name?: string | undefined;
  readonly outcome?: 'accepted' | 'rejected' | undefined;
}

interface Found {
  readonly source: number | undefined;
  readonly item: LiveItem;
}

/** Watchers of what comes in. However many watch a workspace, its log is looked at once. */
export class LiveStreams {
  readonly #watches = new Map<number, LiveWatch>();

  /** From now on: what came before is in the feed. */
  async add(ctx: Ctx, stream: ServerResponse, filter: LiveFilter): Promise<void> {
    let watch = this.#watches.get(ctx.workspaceId);
    if (watch === undefined) {
      watch = new LiveWatch(ctx, () => this.#watches.delete(ctx.workspaceId));
      this.#watches.set(ctx.workspaceId, watch);
    }
    await watch.add(stream, filter);
  }

  close(): void {
    for (const watch of this.#watches.values()) watch.close();
  }
}

class LiveWatch {
  readonly #ctx: Ctx;
  readonly #onEmpty: () => void;
  readonly #watchers = new Map<ServerResponse, LiveFilter>();
  readonly #timer: NodeJS.Timeout;
  /** How far each lane was looked at. */
  #places = new Map<number, LanePosition>();
  #knownRejections = new Set<string>();
  #begun: Promise<void> | undefined;
  #looking = false;
  #quietLooks = 0;

  constructor(ctx: Ctx, onEmpty: () => void) {
    this.#ctx = ctx;
    this.#onEmpty = onEmpty;
    this.#timer = setInterval(() => void this.#look(), LOOK_EVERY_MS);
  }

  async add(stream: ServerResponse, filter: LiveFilter): Promise<void> {
    this.#watchers.set(stream, filter);
    stream.on('error', () => stream.destroy());
    stream.on('close', () => this.#remove(stream));
    if (stream.destroyed) return this.#remove(stream);
    this.#begun ??= this.#begin();
    await this.#begun;
    stream.write(': watching from here\n\n');
  }

  close(): void {
    for (const stream of this.#watchers.keys()) stream.end();
    clearInterval(this.#timer);
  }

  #remove(stream: ServerResponse): void {
    this.#watchers.delete(stream);
    if (this.#watchers.size > 0) return;
    clearInterval(this.#timer);
    this.#onEmpty();
  }

  async #begin(): Promise<void> {
    for (const { log, lane, head } of await readPositions(this.#ctx.postgres, 'observer')) {
      this.#places.set(lane, { log, lane, seq: head });
    }
    await this.#newRejections();
  }

  async #look(): Promise<void> {
    if (this.#looking || this.#begun === undefined) return;
    this.#looking = true;
    try {
      await this.#begun;
      await this.#tell();
    } catch (error) {
      this.#ctx.logger.warn({ error }, 'what comes in could not be watched; trying again');
    }
    this.#looking = false;
  }

  async #tell(): Promise<void> {
    const directory = await readSourceDirectory(this.#ctx);
    const { events, isWhole } = await this.#newEvents();
    const rejections = await this.#newRejections();
    const found = [
      ...events.map((event) => presentEvent(event, directory)),
      ...rejections.map((row) => presentRejection(row, directory)),
    ].sort((a, b) => a.item.receivedAt.localeCompare(b.item.receivedAt));
    this.#quietLooks++;
    for (const [stream, filter] of this.#watchers) {
      if (stream.writableEnded) continue;
      const wanted = found.filter((one) => isWanted(one, filter)).map(({ item }) => item);
      const shown = wanted.slice(-ITEMS_PER_LOOK_MAX);
      if (!isWhole || shown.length < wanted.length) stream.write('event: skipped\ndata: {}\n\n');
      if (shown.length > 0) stream.write(`event: events\ndata: ${JSON.stringify(shown)}\n\n`);
      else if (this.#quietLooks % QUIET_LOOKS_MAX === 0) stream.write(': still here\n\n');
      if (stream.writableLength > BYTES_WAITING_MAX) stream.destroy();
    }
  }

  /** What follows in each lane; where more than a look's worth does, the newest of it. */
  async #newEvents(): Promise<{ events: LoggedEvent[]; isWhole: boolean }> {
    let isWhole = true;
    const places: LanePosition[] = [];
    for (const { log, lane, head } of await readPositions(this.#ctx.postgres, 'observer')) {
      const known = this.#places.get(lane)?.seq ?? head;
      if (head - known > LANE_EVENTS_MAX) isWhole = false;
      if (head > known) places.push({ log, lane, seq: Math.max(known, head - LANE_EVENTS_MAX) });
    }
    const events: LoggedEvent[] = [];
    if (places.length === 0) return { events, isWhole };
    const own = `[${this.#ctx.workspaceId},`;
    for (const run of await readBlocks(this.#ctx.postgres, places, LANE_EVENTS_MAX * places.length)) {
      run.lines.forEach((line, index) => {
        if (!line.startsWith(own)) return;
        const event = decodeEvent(line, { log: run.log, lane: run.lane, seq: run.firstSeq + index });
        if (event.payload.replayOf === undefined) events.push(event);
      });
      this.#places.set(run.lane, { log: run.log, lane: run.lane, seq: run.firstSeq + run.lines.length - 1 });
    }
    return { events, isWhole };
  }

  async #newRejections(): Promise<RejectionRow[]> {
    const rows = await listRejectionsAfter(this.#ctx.postgres, this.#ctx.workspaceId, {
      after: floorUuid(this.#ctx.clock.now() - REJECTIONS_LOOK_BACK_MS),
      limit: REJECTIONS_PER_LOOK_MAX,
    });
    const fresh = rows.filter((row) => !this.#knownRejections.has(row.id));
    this.#knownRejections = new Set(rows.map((row) => row.id));
    return fresh;
  }
}

/** Lies before every id made at this instant. */
function floorUuid(ms: number): string {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(Math.max(0, Math.floor(ms)), 0, 6);
  return uuidText(bytes);
}

function isWanted({ source, item }: Found, filter: LiveFilter): boolean {
  return (
    (filter.source === undefined || filter.source === source) &&
    (filter.type === undefined || filter.type === item.type) &&
    (filter.name === undefined || filter.name === item.name) &&
    (filter.outcome === undefined || filter.outcome === item.outcome)
  );
}

function presentEvent(event: LoggedEvent, directory: SourceDirectory): Found {
  const { source, properties = {}, traits = {}, context } = event.payload;
  return {
    source,
    item: {
      id: `${event.log}-${event.lane}-${event.seq}`,
      outcome: 'accepted',
      sourceId: directory.publicIdOf(source ?? null),
      type: event.type,
      name: event.name,
      receivedAt: new Date(event.receivedAt).toISOString(),
      isTest: context?.['test'] === true,
      field: null,
      reason: null,
      properties,
      traits,
    },
  };
}

function presentRejection(row: RejectionRow, directory: SourceDirectory): Found {
  const { source, type, name, field, reason } = row;
  const id = publicId('rej', row.id);
  return {
    source,
    item: {
      id,
      outcome: 'rejected',
      sourceId: directory.publicIdOf(source),
      type,
      name,
      receivedAt: row.at.toISOString(),
      isTest: false,
      field,
      reason,
      properties: {},
      traits: {},
    },
  };
}

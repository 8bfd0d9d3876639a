import { compress, compressSync, uncompressSync } from 'snappy';
import { LOG_IDS, type LogId, type StoredEvent } from './event.ts';

/** A block holds at most this many events, so that a reader standing inside one finds it by a short range. */
export const BLOCK_EVENTS_MAX = 2_000;

const SMALL_CHARS = 8_192;

/** Consecutive events of one lane, as the lines they are stored as. */
export interface Block {
  readonly log: LogId;
  readonly lane: number;
  readonly firstSeq: number;
  readonly lines: readonly string[];
  /** What the lines say, line by line, as far as this process still has it at hand. Never to be changed. */
  readonly events?: readonly (StoredEvent | undefined)[] | undefined;
  /** Line by line, the version of the configuration under which no stage hears it, where that was asked as it was emitted. */
  readonly unheard?: readonly (number | undefined)[] | undefined;
}

/** Compressed off the event loop when that is worth the way there. */
export async function packLines(lines: readonly string[]): Promise<Buffer> {
  const text = lines.join('\n');
  return text.length < SMALL_CHARS ? compressSync(text) : compress(text);
}

export function unpackLines(payload: Buffer): string[] {
  return (uncompressSync(payload, { asBuffer: false }) as string).split('\n');
}

/** Events at hand take about three times their text; kept for a second or so of full load. */
const EVENTS_CHARS_MAX = 8_000_000;

interface Kept {
  block: Block;
  readonly sizeChars: number;
}

/**
 * The blocks this process appended a moment ago, so that its own readers need not fetch, unpack and parse them again.
 * A reader asks for the block that continues its lane; a miss is answered by the database. Each log has room of its own: what
 * a burst of intake makes happen does not push out the rest of the burst.
 */
export class RecentBlocks {
  readonly #shelves: ReadonlyMap<LogId, Shelf>;

  constructor(sizeCharsMax: number) {
    this.#shelves = new Map(LOG_IDS.map((log) => [log, new Shelf(sizeCharsMax)]));
  }

  add(block: Block): void {
    this.#shelves.get(block.log)!.add(block);
  }

  find(log: LogId, lane: number, firstSeq: number): Block | undefined {
    return this.#shelves.get(log)!.find(lane, firstSeq);
  }
}

class Shelf {
  readonly #blocks = new Map<string, Kept>();
  /** Those that still have their events, oldest first. */
  readonly #withEvents = new Set<Kept>();
  readonly #sizeCharsMax: number;
  #sizeChars = 0;
  #eventsChars = 0;

  constructor(sizeCharsMax: number) {
    this.#sizeCharsMax = sizeCharsMax;
  }

  add(block: Block): void {
    const sizeChars = block.lines.reduce((sum, line) => sum + line.length, 0);
    const kept: Kept = { block, sizeChars };
    this.#blocks.set(keyOf(block.lane, block.firstSeq), kept);
    this.#sizeChars += sizeChars;
    if (block.events !== undefined) {
      this.#withEvents.add(kept);
      this.#eventsChars += sizeChars;
    }
    for (const oldest of this.#withEvents) {
      if (this.#eventsChars <= EVENTS_CHARS_MAX) break;
      this.#dropEvents(oldest);
    }
    for (const [key, oldest] of this.#blocks) {
      if (this.#sizeChars <= this.#sizeCharsMax) break;
      this.#blocks.delete(key);
      this.#sizeChars -= oldest.sizeChars;
      this.#dropEvents(oldest);
    }
  }

  #dropEvents(kept: Kept): void {
    if (!this.#withEvents.delete(kept)) return;
    this.#eventsChars -= kept.sizeChars;
    kept.block = { ...kept.block, events: undefined };
  }

  find(lane: number, firstSeq: number): Block | undefined {
    return this.#blocks.get(keyOf(lane, firstSeq))?.block;
  }
}

function keyOf(lane: number, firstSeq: number): string {
  return `${lane}:${firstSeq}`;
}

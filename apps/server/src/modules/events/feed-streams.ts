import type { ServerResponse } from 'node:http';
import type { Ctx } from '../../platform/context.ts';
import { listRecentEvents } from './feed.ts';

const LOOK_EVERY_MS = 500;
const ITEMS_MAX = 100;
/** A reader that fell this far behind is let go; it comes back and asks for the newest. */
const BYTES_WAITING_MAX = 1_000_000;
/** Looks without news between two signs of life, by which both ends notice a broken line. */
const QUIET_LOOKS_MAX = 20;

/** Readers of the live feed. However many watch a workspace, its log is looked at once. */
export class FeedStreams {
  readonly #watches = new Map<number, FeedWatch>();

  add(ctx: Ctx, stream: ServerResponse): void {
    if (stream.destroyed) return;
    let watch = this.#watches.get(ctx.workspaceId);
    if (watch === undefined) {
      watch = new FeedWatch(ctx, () => this.#watches.delete(ctx.workspaceId));
      this.#watches.set(ctx.workspaceId, watch);
    }
    watch.add(stream);
  }

  close(): void {
    for (const watch of this.#watches.values()) watch.close();
  }
}

/** Looks at the newest events of one workspace while somebody wants to know them. */
class FeedWatch {
  readonly #ctx: Ctx;
  readonly #onEmpty: () => void;
  /** What each reader has been given of the newest. */
  readonly #readers = new Map<ServerResponse, ReadonlySet<string>>();
  readonly #timer: NodeJS.Timeout;
  #looking = false;
  #lookAgain = false;
  #quietLooks = 0;

  constructor(ctx: Ctx, onEmpty: () => void) {
    this.#ctx = ctx;
    this.#onEmpty = onEmpty;
    this.#timer = setInterval(() => void this.#look(), LOOK_EVERY_MS);
  }

  add(stream: ServerResponse): void {
    this.#readers.set(stream, new Set());
    stream.on('error', () => stream.destroy());
    stream.on('close', () => this.#remove(stream));
    stream.write(': here are the newest events\n\n');
    void this.#look();
  }

  close(): void {
    for (const stream of this.#readers.keys()) stream.end();
    clearInterval(this.#timer);
  }

  #remove(stream: ServerResponse): void {
    this.#readers.delete(stream);
    if (this.#readers.size > 0) return;
    clearInterval(this.#timer);
    this.#onEmpty();
  }

  /** One look at a time; a reader that came during one gets its own. */
  async #look(): Promise<void> {
    if (this.#looking) {
      this.#lookAgain = true;
      return;
    }
    this.#looking = true;
    do {
      this.#lookAgain = false;
      await this.#tell().catch((error: unknown) => this.#ctx.logger.warn({ error }, 'the feed could not be read'));
    } while (this.#lookAgain && this.#readers.size > 0);
    this.#looking = false;
  }

  async #tell(): Promise<void> {
    const items = (await listRecentEvents(this.#ctx, ITEMS_MAX)).reverse();
    const ids = new Set(items.map((item) => item.id));
    this.#quietLooks++;
    for (const [stream, known] of this.#readers) {
      const fresh = items.filter((item) => !known.has(item.id));
      if (stream.writableEnded) continue;
      if (fresh.length > 0) stream.write(`event: events\ndata: ${JSON.stringify(fresh)}\n\n`);
      else if (this.#quietLooks % QUIET_LOOKS_MAX === 0) stream.write(': still here\n\n');
      this.#readers.set(stream, ids);
      if (stream.writableLength > BYTES_WAITING_MAX) stream.destroy();
    }
  }
}

import type { ServerResponse } from 'node:http';
import type { Ctx } from '../../../platform/context.ts';
import { publicId } from '../../../platform/ids/index.ts';
import { listStockNews, type StockNews } from './news-store.ts';

/** News of a commit is on its way within a fifth of a second. */
const LOOK_EVERY_MS = 150;
const ITEMS_MAX = 500;
/** A reader that fell this far behind is let go; it comes back with the last place it saw. */
const BYTES_WAITING_MAX = 1_000_000;
const QUIET_LOOKS_MAX = 60;

/** Readers of stock news. However many of them follow a workspace from now on, it is looked at once. */
export class StockStreams {
  readonly #watches = new Map<number, Watch>();

  add(ctx: Ctx, reader: { stream: ServerResponse; afterSeq: number }): void {
    if (reader.stream.destroyed) return;
    const watch = this.#watches.get(ctx.workspaceId) ?? new Watch(ctx, () => this.#watches.delete(ctx.workspaceId));
    this.#watches.set(ctx.workspaceId, watch);
    watch.add(reader);
  }

  close(): void {
    for (const watch of this.#watches.values()) watch.close();
  }
}

class Watch {
  readonly #ctx: Ctx;
  readonly #onEmpty: () => void;
  /** The last place each reader was given. */
  readonly #readers = new Map<ServerResponse, number>();
  readonly #timer: NodeJS.Timeout;
  #looking = false;
  #quietLooks = 0;

  constructor(ctx: Ctx, onEmpty: () => void) {
    this.#ctx = ctx;
    this.#onEmpty = onEmpty;
    this.#timer = setInterval(() => void this.#look(), LOOK_EVERY_MS);
  }

  add({ stream, afterSeq }: { stream: ServerResponse; afterSeq: number }): void {
    this.#readers.set(stream, afterSeq);
    stream.on('error', () => stream.destroy());
    stream.on('close', () => this.#remove(stream));
    stream.write(': changes of stock\n\n');
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

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    await this.#tell().catch((error: unknown) => this.#ctx.logger.warn({ error }, 'stock news could not be read'));
    this.#looking = false;
  }

  /** The one furthest behind decides from where is read; the others pass by what they have. */
  async #tell(): Promise<void> {
    const afterSeq = Math.min(...this.#readers.values());
    const news = await listStockNews(this.#ctx.sql, this.#ctx.workspaceId, { afterSeq, limit: ITEMS_MAX });
    this.#quietLooks += 1;
    for (const [stream, seen] of this.#readers) {
      if (stream.writableEnded) continue;
      const fresh = news.filter(({ seq }) => seq > seen);
      const last = fresh.at(-1);
      if (last !== undefined) {
        stream.write(`id: ${last.seq}\nevent: stock\ndata: ${JSON.stringify(fresh.map(presentNews))}\n\n`);
        this.#readers.set(stream, last.seq);
      } else if (this.#quietLooks % QUIET_LOOKS_MAX === 0) stream.write(': still here\n\n');
      if (stream.writableLength > BYTES_WAITING_MAX) stream.destroy();
    }
  }
}

function presentNews({ itemId, locationId, atMs, ...news }: StockNews) {
  return {
    ...news,
    variantId: publicId('var', itemId),
    locationId: publicId('loc', locationId),
    at: new Date(atMs).toISOString(),
  };
}

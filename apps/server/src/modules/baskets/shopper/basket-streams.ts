import type { ServerResponse } from 'node:http';
import type { Ctx } from '../../../platform/context.ts';
import { readVersions } from '../basket-store.ts';
import { syncBasket } from './sync-basket.ts';

/** What one device changes is on the customer's others within a fifth of a second. */
const LOOK_EVERY_MS = 150;
/** A reader that fell this far behind is let go; it comes back with the last version it saw. */
const BYTES_WAITING_MAX = 1_000_000;
const QUIET_LOOKS_MAX = 60;

interface Reader {
  readonly basketId: string;
  /** The version it was told. */
  readonly since: number;
}

/** Devices that follow their basket. However many of them are open, a workspace is looked at once. */
export class BasketStreams {
  readonly #watches = new Map<number, Watch>();

  add(ctx: Ctx, stream: ServerResponse, reader: Reader): void {
    if (stream.destroyed) return;
    const watch = this.#watches.get(ctx.workspaceId) ?? new Watch(ctx, () => this.#watches.delete(ctx.workspaceId));
    this.#watches.set(ctx.workspaceId, watch);
    watch.add(stream, reader);
  }

  close(): void {
    for (const watch of this.#watches.values()) watch.close();
  }
}

class Watch {
  readonly #ctx: Ctx;
  readonly #onEmpty: () => void;
  readonly #readers = new Map<ServerResponse, Reader>();
  readonly #timer: NodeJS.Timeout;
  #looking = false;
  #looks = 0;

  constructor(ctx: Ctx, onEmpty: () => void) {
    this.#ctx = ctx;
    this.#onEmpty = onEmpty;
    this.#timer = setInterval(() => void this.#look(), LOOK_EVERY_MS);
  }

  add(stream: ServerResponse, reader: Reader): void {
    this.#readers.set(stream, reader);
    stream.on('error', () => stream.destroy());
    stream.on('close', () => this.#remove(stream));
    stream.write(': changes of a basket\n\n');
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
    await this.#tell().catch((error: unknown) => this.#ctx.logger.warn({ error }, 'baskets could not be read'));
    this.#looking = false;
  }

  async #tell(): Promise<void> {
    const { sql, workspaceId } = this.#ctx;
    const ids = [...new Set([...this.#readers.values()].map(({ basketId }) => basketId))];
    const rows = new Map((await readVersions(sql, workspaceId, ids)).map((row) => [row.id, row]));
    this.#looks += 1;
    for (const [stream, reader] of this.#readers) {
      const row = rows.get(reader.basketId);
      if (stream.writableEnded) continue;
      // It was erased.
      if (row === undefined) stream.end();
      else if (row.merged_into !== null || row.version > reader.since) await this.#catchUp(stream, reader);
      else if (this.#looks % QUIET_LOOKS_MAX === 0) stream.write(': still here\n\n');
      if (stream.writableLength > BYTES_WAITING_MAX) stream.destroy();
    }
  }

  async #catchUp(stream: ServerResponse, reader: Reader): Promise<void> {
    const { sql, workspaceId, clock } = this.#ctx;
    const nowMs = clock.now();
    const synced = await syncBasket({ sql, workspaceId, nowMs }, reader.basketId, reader.since);
    if (synced === undefined || !this.#readers.has(stream)) return;
    const { id, view } = synced;
    stream.write(`id: ${view.version}\nevent: basket\ndata: ${JSON.stringify(view)}\n\n`);
    this.#readers.set(stream, { basketId: id, since: view.version });
  }
}

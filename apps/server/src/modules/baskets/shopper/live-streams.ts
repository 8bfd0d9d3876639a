import type { ServerResponse } from 'node:http';
import type { Ctx } from '../../../platform/context.ts';

/** What one device changes is on the customer's others within a fifth of a second. */
const LOOK_EVERY_MS = 150;
/** A reader that fell this far behind is let go; it comes back with the last version it saw. */
const BYTES_WAITING_MAX = 1_000_000;
const QUIET_LOOKS_MAX = 60;

/** Something that devices follow. `V`: its version, as a device was told it. */
export interface Followed<V> {
  /** Of the stream. */
  readonly event: string;
  /** One look at whatever is followed in a workspace. Answers of each what tells whether a version is old; not there: it is gone. */
  look(ctx: Ctx, ids: readonly string[]): Promise<ReadonlyMap<string, (since: V) => boolean>>;
  /** What it is by now. Undefined: it is gone. */
  read(ctx: Ctx, reader: Reader<V>): Promise<(Reader<V> & { readonly view: unknown }) | undefined>;
}

export interface Reader<V> {
  readonly id: string;
  /** The version it was told. */
  readonly since: V;
}

/** Devices that follow what is theirs. However many of them are open, a workspace is looked at once. */
export class LiveStreams<V extends string | number> {
  readonly #followed: Followed<V>;
  readonly #watches = new Map<number, Watch<V>>();

  constructor(followed: Followed<V>) {
    this.#followed = followed;
  }

  add(ctx: Ctx, stream: ServerResponse, reader: Reader<V>): void {
    if (stream.destroyed) return;
    const onEmpty = (): boolean => this.#watches.delete(ctx.workspaceId);
    const watch = this.#watches.get(ctx.workspaceId) ?? new Watch(ctx, this.#followed, onEmpty);
    this.#watches.set(ctx.workspaceId, watch);
    watch.add(stream, reader);
  }

  close(): void {
    for (const watch of this.#watches.values()) watch.close();
  }
}

class Watch<V extends string | number> {
  readonly #ctx: Ctx;
  readonly #followed: Followed<V>;
  readonly #onEmpty: () => void;
  readonly #readers = new Map<ServerResponse, Reader<V>>();
  readonly #timer: NodeJS.Timeout;
  #looking = false;
  #looks = 0;

  constructor(ctx: Ctx, followed: Followed<V>, onEmpty: () => void) {
    this.#ctx = ctx;
    this.#followed = followed;
    this.#onEmpty = onEmpty;
    this.#timer = setInterval(() => void this.#look(), LOOK_EVERY_MS);
  }

  add(stream: ServerResponse, reader: Reader<V>): void {
    this.#readers.set(stream, reader);
    stream.on('error', () => stream.destroy());
    stream.on('close', () => this.#remove(stream));
    stream.write(`: changes of ${this.#followed.event}\n\n`);
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
    const { event } = this.#followed;
    await this.#tell().catch((error: unknown) => this.#ctx.logger.warn({ error, event }, 'a stream could not be read'));
    this.#looking = false;
  }

  async #tell(): Promise<void> {
    const ids = [...new Set([...this.#readers.values()].map(({ id }) => id))];
    const looked = await this.#followed.look(this.#ctx, ids);
    this.#looks += 1;
    for (const [stream, reader] of this.#readers) {
      if (stream.writableEnded) continue;
      const isOld = looked.get(reader.id);
      // It was erased.
      if (isOld === undefined) stream.end();
      else if (isOld(reader.since)) await this.#catchUp(stream, reader);
      else if (this.#looks % QUIET_LOOKS_MAX === 0) stream.write(': still here\n\n');
      if (stream.writableLength > BYTES_WAITING_MAX) stream.destroy();
    }
  }

  async #catchUp(stream: ServerResponse, reader: Reader<V>): Promise<void> {
    const now = await this.#followed.read(this.#ctx, reader);
    if (now === undefined || !this.#readers.has(stream)) return;
    const { id, since, view } = now;
    stream.write(`id: ${since}\nevent: ${this.#followed.event}\ndata: ${JSON.stringify(view)}\n\n`);
    this.#readers.set(stream, { id, since });
  }
}

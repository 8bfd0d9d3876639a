import type { Services } from '../../../platform/context.ts';
import { seal } from '../../../platform/crypto/index.ts';
import { newUuid } from '../../../platform/ids/index.ts';
import { isJsonObject, type JsonObject } from '../../../platform/json.ts';
import type { Source } from '../../accounts/index.ts';
import { insertRejections, type NewRejection } from './rejection-store.ts';
import { cut, type Rejection, RejectionTally } from './rejection-tally.ts';

const WRITE_EVERY_MS = 1_000;
/** Samples of all sources in one write. */
const SAMPLES_PER_WRITE_MAX = 200;
export const ITEM_CHARS_MAX = 8_192;
/** Where in its request an item stood: of no use once it stands alone. */
const ITEM_PLACE = /^batch\[\d+\]\.?/;

interface Sample extends Rejection {
  readonly itemText: string;
  readonly isCut: boolean;
}

/**
 * Keeps account of what intake refuses, without slowing intake: calls only count in memory, one small write a second
 * takes it all. A process that is killed loses what it counted in its last second; these are diagnoses, not events.
 */
export class RejectionLog {
  readonly #services: Services;
  readonly #tally = new RejectionTally();
  #samples: Sample[] = [];
  /** Requests whose sender cannot be tied to a workspace, by reason. */
  #strangers = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(services: Services) {
    this.#services = services;
  }

  /** Counts a refused item or request of a source. */
  reject(rejection: Rejection): void {
    if (this.#tally.add(rejection) && this.#samples.length < SAMPLES_PER_WRITE_MAX) {
      const text = textOf(rejection.item);
      const isCut = text.length > ITEM_CHARS_MAX;
      this.#samples.push({ ...cut(rejection), item: undefined, itemText: text.slice(0, ITEM_CHARS_MAX), isCut });
    }
    this.#writeSoon();
  }

  /** Counts the items of a request that were not taken, each with what was sent. */
  rejectItems(
    source: Source,
    read: { form: string; body: JsonObject; errors: readonly { index: number; field: string; message: string }[] },
  ): void {
    const items = read.form === 'batch' ? (read.body['batch'] as readonly unknown[]) : [read.body];
    for (const { index, field, message } of read.errors) {
      const item = items[index];
      const { type, event, name } = isJsonObject(item) ? item : {};
      this.reject({
        workspaceId: source.workspaceId,
        source: source.number,
        at: this.#services.clock.now(),
        type: textOr(read.form === 'batch' ? type : read.form),
        name: textOr(event ?? name),
        field: field.replace(ITEM_PLACE, ''),
        reason: message,
        item,
      });
    }
  }

  /** Counts a request that was refused as a whole. */
  rejectRequest(source: Source, refused: { field: string; reason: string; item?: unknown }): void {
    const { workspaceId, number } = source;
    const at = this.#services.clock.now();
    this.reject({ workspaceId, source: number, at, type: 'request', name: '', item: undefined, ...refused });
  }

  /** Counts a request nobody can be told about: its key is unknown. */
  rejectStranger(reason: 'no_key' | 'unknown_key'): void {
    this.#strangers.set(reason, (this.#strangers.get(reason) ?? 0) + 1);
    this.#writeSoon();
  }

  /** Writes what was counted until now. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing.then(() => this.#write());
    await this.#writing;
  }

  #writeSoon(): void {
    this.#timer ??= setTimeout(() => void this.flush(), WRITE_EVERY_MS).unref();
  }

  async #write(): Promise<void> {
    const counts = this.#tally.takeCounts();
    const samples = this.#samples.splice(0);
    const strangers = this.#strangers;
    if (counts.length === 0 && strangers.size === 0) return;
    this.#strangers = new Map();
    try {
      const rejections = await Promise.all(samples.map((sample) => this.#sealed(sample)));
      const day = Math.floor(this.#services.clock.now() / 86_400_000);
      await insertRejections(this.#services.postgres, { counts, rejections, strangers, day });
    } catch (error) {
      this.#services.logger.warn({ error }, 'rejected events could not be written down; trying again');
      this.#tally.putBack(counts);
      this.#samples = [...samples, ...this.#samples].slice(0, SAMPLES_PER_WRITE_MAX);
      for (const [reason, count] of strangers) {
        this.#strangers.set(reason, (this.#strangers.get(reason) ?? 0) + count);
      }
      this.#writeSoon();
    }
  }

  async #sealed(sample: Sample): Promise<NewRejection> {
    const { wrapping } = await this.#services.keysOf(sample.workspaceId);
    return { ...sample, id: newUuid(sample.at), sealedItem: seal(wrapping, sample.itemText) };
  }
}

function textOr(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** As JSON, or nothing where that cannot be written: nested so deep that no reader could use it. */
function textOf(item: unknown): string {
  try {
    return JSON.stringify(item) ?? '';
  } catch {
    return '';
  }
}

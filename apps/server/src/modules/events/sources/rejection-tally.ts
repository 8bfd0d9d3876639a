/** Something intake refused, as it was understood. */
export interface Rejection {
  readonly workspaceId: number;
  /** The number of the source. */
  readonly source: number;
  readonly at: number;
  /** `request` when the request as a whole was refused. */
  readonly type: string;
  readonly name: string;
  /** Within the item. */
  readonly field: string;
  readonly reason: string;
  readonly item: unknown;
}

/** How many were refused for the same reason in the same hour. */
export interface RejectionCount extends Omit<Rejection, 'at' | 'item'> {
  /** Hours since the epoch. */
  readonly hour: number;
  count: number;
  lastAt: number;
}

/** A broken client must not fill the disk: of what it sends wrong this many are kept in a minute, of one reason fewer. */
export const KEPT_PER_MINUTE_MAX = 60;
export const KEPT_PER_REASON_MAX = 20;
/** Reasons of a source counted apart in an hour; further ones are counted together. */
export const REASONS_PER_HOUR_MAX = 100;
export const OTHER_REASONS = 'many other reasons';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const TEXT_CHARS_MAX = 200;

interface SourceTally {
  kept: number;
  readonly keptByReason: Map<string, number>;
}

/**
 * Counts every rejection exactly and says which are kept as samples. Holds what was counted since it was last taken, and
 * little else: its size depends on how many sources there are, not on how much they send.
 */
export class RejectionTally {
  #minute = 0;
  readonly #sources = new Map<string, SourceTally>();
  #hour = 0;
  readonly #reasonsOfHour = new Map<string, Set<string>>();
  #counts = new Map<string, RejectionCount>();

  /** Counts it; answers whether it is to be kept as a sample. */
  add(rejection: Rejection): boolean {
    this.#count(cut(rejection));
    return this.#sample(rejection);
  }

  takeCounts(): RejectionCount[] {
    const taken = [...this.#counts.values()];
    this.#counts = new Map();
    return taken;
  }

  /** Puts back what could not be written. */
  putBack(counts: readonly RejectionCount[]): void {
    for (const count of counts) {
      const key = keyOf(count);
      const known = this.#counts.get(key);
      if (known === undefined) this.#counts.set(key, count);
      else this.#counts.set(key, { ...known, count: known.count + count.count });
    }
  }

  #count(rejection: Rejection): void {
    const hour = Math.floor(rejection.at / HOUR_MS);
    if (hour !== this.#hour) {
      this.#hour = hour;
      this.#reasonsOfHour.clear();
    }
    const { item: _item, at, ...said } = rejection;
    let counted: RejectionCount = { ...said, hour, count: 1, lastAt: at };
    let key = keyOf(counted);
    const source = `${said.workspaceId} ${said.source}`;
    const reasons = this.#reasonsOfHour.get(source) ?? new Set();
    this.#reasonsOfHour.set(source, reasons);
    if (!reasons.has(key) && reasons.size >= REASONS_PER_HOUR_MAX) {
      counted = { ...counted, type: '', name: '', field: '', reason: OTHER_REASONS };
      key = keyOf(counted);
    } else reasons.add(key);
    const known = this.#counts.get(key);
    if (known === undefined) this.#counts.set(key, counted);
    else {
      known.count++;
      known.lastAt = at;
    }
  }

  #sample(rejection: Rejection): boolean {
    const minute = Math.floor(rejection.at / MINUTE_MS);
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#sources.clear();
    }
    const key = `${rejection.workspaceId} ${rejection.source}`;
    const source = this.#sources.get(key) ?? { kept: 0, keptByReason: new Map<string, number>() };
    this.#sources.set(key, source);
    if (source.kept >= KEPT_PER_MINUTE_MAX) return false;
    const reason = `${rejection.field}\n${rejection.reason}`;
    const kept = source.keptByReason.get(reason) ?? 0;
    if (kept >= KEPT_PER_REASON_MAX) return false;
    source.kept++;
    source.keptByReason.set(reason, kept + 1);
    return true;
  }
}

/** The texts come from whoever sends: they are cut, and hold nothing a database text cannot. */
export function cut(rejection: Rejection): Rejection {
  const { type, name, field, reason } = rejection;
  return { ...rejection, type: plain(type), name: plain(name), field: plain(field), reason: plain(reason) };
}

function plain(text: string): string {
  // Half a surrogate pair does not survive UTF-8.
  return Buffer.from(text.slice(0, TEXT_CHARS_MAX).replaceAll('\0', '')).toString();
}

function keyOf(count: Omit<RejectionCount, 'count' | 'lastAt'>): string {
  return [count.workspaceId, count.source, count.hour, count.type, count.name, count.field, count.reason].join('\n');
}

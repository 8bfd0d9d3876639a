import type { Sql } from '../../../platform/postgres/index.ts';
import { byKey, keyOf, type Level, type LevelField, type LevelKey, preorderShortfallOf, shortfallOf } from './level.ts';
import type { OwnChange } from './own-change-store.ts';
import { settleOwn } from './own-changes.ts';
import { insertMissingLevels, lockItemLevels, type Movement, writeLevels } from './level-store.ts';

/** Why a count changes, and what by. */
export type Cause = Omit<Movement, keyof LevelKey | 'field' | 'delta'> & { readonly own?: Own | undefined };

/** A source that counts its stock itself now and then, and when it sold this by its own clock. */
export interface Own {
  readonly source: string;
  readonly atMs: number;
}

/**
 * Locked levels, changed in memory and written at once, each change with its movement. What a level becomes is decided on
 * these alone; nobody else can change them meanwhile.
 */
export class LevelBook {
  readonly #locked = new Map<string, Level>();
  readonly #levels = new Map<string, Level>();
  readonly #byItem = new Map<string, LevelKey[]>();
  #movements: Movement[] = [];
  #own: OwnChange[] = [];

  constructor(levels: readonly Level[]) {
    for (const level of levels) {
      this.#locked.set(keyOf(level), level);
      this.#levels.set(keyOf(level), level);
      const own = this.#byItem.get(level.itemId);
      if (own === undefined) this.#byItem.set(level.itemId, [level]);
      else own.push(level);
    }
  }

  /** Locks every level of the items. */
  static async lock(sql: Sql, workspaceId: number, itemIds: Iterable<string>): Promise<LevelBook> {
    return new LevelBook(await lockItemLevels(sql, workspaceId, [...new Set(itemIds)].sort()));
  }

  /** As `lock`, and these levels are there from now on. */
  static async lockWith(
    sql: Sql,
    workspaceId: number,
    { keys, at }: { keys: readonly LevelKey[]; at: Date },
  ): Promise<LevelBook> {
    const itemIds = keys.map((key) => key.itemId);
    const book = await LevelBook.lock(sql, workspaceId, itemIds);
    const missing = keys.filter((key) => book.find(key) === undefined);
    if (missing.length === 0) return book;
    await insertMissingLevels(sql, workspaceId, { keys: [...missing].sort(byKey), at });
    return LevelBook.lock(sql, workspaceId, itemIds);
  }

  find(key: LevelKey): Level | undefined {
    return this.#levels.get(keyOf(key));
  }

  get(key: LevelKey): Level {
    const level = this.find(key);
    if (level === undefined) throw new Error('a level was not locked before it was changed');
    return level;
  }

  /** At every location where it is counted, in the order of locations. */
  levelsOf(itemId: string): Level[] {
    return (this.#byItem.get(itemId) ?? []).map((key) => this.get(key));
  }

  /** Changes a count by a difference. */
  move(key: LevelKey, change: { field: LevelField; delta: number; cause: Cause }): void {
    const {
      field,
      delta,
      cause: { own, ...cause },
    } = change;
    if (delta === 0) return;
    const level = this.get(key);
    this.#set({ ...level, counts: { ...level.counts, [field]: level.counts[field] + delta } });
    this.#movements.push({ itemId: key.itemId, locationId: key.locationId, field, delta, ...cause });
    if (own !== undefined && field === 'on_hand')
      this.#own.push({ itemId: key.itemId, locationId: key.locationId, delta, ...own });
  }

  limit(key: LevelKey, limits: Partial<Pick<Level, 'backorderLimit' | 'preorderLimit'>>): void {
    this.#set({ ...this.get(key), ...limits });
  }

  /** Goods left that the count did not know: it was wrong, and is put right before they are taken off. */
  takeOut(key: LevelKey, quantity: number, cause: Cause): void {
    const missing = quantity - this.get(key).counts.on_hand;
    if (missing > 0)
      this.move(key, { field: 'on_hand', delta: missing, cause: { reason: 'found', own: cause.own, ...refOf(cause) } });
    this.move(key, { field: 'on_hand', delta: -quantity, cause });
    this.allow(key);
  }

  /** What outside truth made of a level is so, even where it takes away what was promised: the gap is noted. */
  allow(key: LevelKey): void {
    const level = this.get(key);
    this.#set({ ...level, shortfall: shortfallOf(level), preorderShortfall: preorderShortfallOf(level) });
  }

  /** A place to come back to with `undoTo`. */
  mark(): { readonly levels: ReadonlyMap<string, Level>; readonly movements: number; readonly own: number } {
    return { levels: new Map(this.#levels), movements: this.#movements.length, own: this.#own.length };
  }

  undoTo(mark: ReturnType<LevelBook['mark']>): void {
    for (const [key, level] of mark.levels) this.#levels.set(key, level);
    this.#movements = this.#movements.slice(0, mark.movements);
    this.#own = this.#own.slice(0, mark.own);
  }

  async write(sql: Sql, workspaceId: number, at: Date): Promise<void> {
    if (this.#own.length > 0) await settleOwn(sql, workspaceId, { book: this, changes: this.#own });
    const writes = [...this.#levels].flatMap(([key, after]) => {
      const before = this.#locked.get(key)!;
      return before === after ? [] : [{ before, after: lessShort(after) }];
    });
    await writeLevels(sql, workspaceId, { writes, movements: this.#movements, at });
  }

  #set(level: Level): void {
    this.#levels.set(keyOf(level), level);
  }
}

/** A gap that has closed meanwhile is none any more; none is opened here. */
function lessShort(level: Level): Level {
  const shortfall = Math.min(level.shortfall, shortfallOf(level));
  const preorderShortfall = Math.min(level.preorderShortfall, preorderShortfallOf(level));
  return { ...level, shortfall, preorderShortfall };
}

function refOf({ refType, refId }: Cause): Pick<Cause, 'refType' | 'refId'> {
  return { refType, refId };
}

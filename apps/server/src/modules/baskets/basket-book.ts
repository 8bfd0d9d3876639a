import { AppError } from '../../platform/errors.ts';
import { noteFacts } from '../profiles/index.ts';
import type { Basket, BasketOwner, BasketTx } from './basket.ts';
import { basketOf, insertBaskets, lockBasketRows, redirectMerged, updateBaskets } from './basket-store.ts';
import { newBasket } from './open-basket.ts';
import type { Line } from './lines/line.ts';
import { deleteLines, type KeptLine, putLines, readLines } from './lines/line-store.ts';
import { mergeLines, newest, type RoomOf } from './lines/merge-lines.ts';
import { carryOver, sayLine, type Word } from './lines/say-line.ts';

/** Removed lines count: they are kept for ever. */
const LINES_MAX = 1_000;

interface Open {
  basket: Basket;
  readonly before: Basket;
  readonly lines: Map<string, KeptLine>;
  readonly changed: Set<string>;
  readonly dropped: Set<string>;
  isTouched: boolean;
  isNew: boolean;
}

/**
 * Baskets while they change, locked with all that they were merged into: decided upon in memory and written once, in a few
 * statements whatever their number.
 */
export class BasketBook {
  readonly #tx: BasketTx;
  readonly #open = new Map<string, Open>();

  private constructor(tx: BasketTx) {
    this.#tx = tx;
  }

  static async lock(tx: BasketTx, ids: readonly string[]): Promise<BasketBook> {
    const book = new BasketBook(tx);
    await book.#lock([...new Set(ids)]);
    return book;
  }

  async #lock(ids: readonly string[]): Promise<void> {
    const { sql, workspaceId } = this.#tx;
    const rows = [];
    for (let missing = [...ids]; missing.length > 0;) {
      const locked = await lockBasketRows(sql, workspaceId, missing.sort());
      rows.push(...locked);
      const known = new Set(rows.map(({ id }) => id));
      const next = locked.flatMap(({ merged_into: into }) => into ?? []).filter((id) => !known.has(id));
      missing = [...new Set(next)];
    }
    const lines = await readLines(sql, workspaceId, { basketIds: rows.map(({ id }) => id) });
    for (const row of rows) {
      const own = lines.get(row.id) ?? new Map<string, KeptLine>();
      const basket = basketOf(row, own);
      const fresh = { changed: new Set<string>(), dropped: new Set<string>(), isTouched: false, isNew: false };
      this.#open.set(row.id, { basket, before: basket, lines: own, ...fresh });
    }
  }

  get ids(): string[] {
    return [...this.#open.keys()];
  }

  get(id: string): Basket | undefined {
    return this.#open.get(id)?.basket;
  }

  /** What the basket is part of by now: itself, unless it was merged. */
  survivorOf(id: string): Basket | undefined {
    let basket = this.get(id);
    while (basket !== undefined && basket.mergedInto !== null) basket = this.get(basket.mergedInto);
    return basket;
  }

  /** Words about a basket as whoever says them knows it; one that was merged meanwhile hands them on. */
  say(id: string, words: readonly Word[]): void {
    const survivor = this.survivorOf(id);
    if (survivor === undefined) return;
    for (const word of words) {
      const before = this.#of(id).lines.get(word.key);
      const after = sayLine(before, word, this.#tx.now);
      if (after === undefined) continue;
      this.put(id, after);
      if (survivor.id === id) continue;
      const carried = carryOver(survivor.kind, this.#of(survivor.id).lines.get(word.key), { before, after });
      if (carried !== undefined) this.put(survivor.id, carried);
    }
    this.#revive(survivor.id);
    if (survivor.kind === 'viewed') this.#keepNewest(survivor.id);
  }

  /** What was emptied by an order is in use again. */
  #revive(id: string): void {
    const { basket, lines, changed } = this.#of(id);
    const isInUse = [...changed].some((key) => (lines.get(key)?.quantity ?? 0) > 0);
    if (isInUse && basket.state !== 'active') this.change(id, { state: 'active' });
  }

  #keepNewest(id: string): void {
    const open = this.#of(id);
    const kept = newest(open.lines);
    for (const key of [...open.lines.keys()]) {
      if (kept.has(key)) continue;
      open.lines.delete(key);
      open.changed.delete(key);
      open.dropped.add(key);
    }
  }

  put(id: string, line: Line): void {
    const open = this.#of(id);
    if (!open.lines.has(line.key) && open.lines.size >= LINES_MAX) {
      throw new AppError('conflict', 'The basket holds too much', {
        details: [
          { field: 'lines', message: `a basket has at most ${LINES_MAX} lines, removed ones too; open a new one` },
        ],
      });
    }
    open.lines.set(line.key, { ...line, seq: 0 });
    open.changed.add(line.key);
    open.isTouched = true;
  }

  change(id: string, fields: Partial<Omit<Basket, 'id' | 'lines' | 'version'>>): void {
    const open = this.#of(id);
    open.basket = { ...open.basket, ...fields };
    open.isTouched = true;
  }

  /**
   * Two baskets of one customer become one, once: a new one, and every token leads to it. What either had is kept there as it was:
   * a word by who knows only that one counts for as much as it changes there, so that it does not matter whether the word or the
   * merge comes first.
   */
  merge(kept: string, comes: string, { owner, roomOf }: { owner: BasketOwner; roomOf: RoomOf }): string {
    const [own, other] = [this.#of(kept), this.#of(comes)];
    const lines = mergeLines(own.basket.kind, [own.lines, other.lines], roomOf);
    const isLive = [...lines.values()].some(({ quantity }) => quantity > 0);
    const { kind, channel, source } = own.basket;
    const of = { kind, channel, source, owner, isLinked: true };
    const basket: Basket = {
      ...newBasket(this.#tx.now, of),
      state: isLive ? 'active' : own.basket.state,
      name: own.basket.name ?? other.basket.name,
      currency: own.basket.currency ?? other.basket.currency,
      isHeld: own.basket.isHeld || other.basket.isHeld,
      shareToken: own.basket.shareToken ?? other.basket.shareToken,
      // Above both: whoever knew either asks for what came after and is told all of it.
      version: Math.max(own.basket.version, other.basket.version),
      createdAtMs: Math.min(own.basket.createdAtMs, other.basket.createdAtMs),
      lines: new Map(),
    };
    const changed = new Set(lines.keys());
    const open = new Map([...lines].map(([key, line]) => [key, { ...line, seq: 0 }]));
    const fresh = { changed, dropped: new Set<string>(), isTouched: true, isNew: true };
    this.#open.set(basket.id, { basket: { ...basket, lines: open }, before: basket, lines: open, ...fresh });
    // What lies in it is hers as well: it goes with her data.
    const gone = { state: 'merged', mergedInto: basket.id, isHeld: false, profileId: owner.profileId } as const;
    this.change(kept, { ...gone, shareToken: null });
    // Of two links that were handed out both go on to lead here.
    const link = own.basket.shareToken === null ? { shareToken: null } : {};
    this.change(comes, { ...gone, ...link, node: other.basket.node ?? owner.node });
    return basket.id;
  }

  /** Answers what is different from before, as it is written. */
  async write(): Promise<Basket[]> {
    const { sql, workspaceId, now } = this.#tx;
    const touched = [...this.#open.values()].filter(({ isTouched }) => isTouched);
    for (const open of touched) {
      const version = open.basket.version + 1;
      open.basket = { ...open.basket, version, updatedAtMs: now };
      for (const key of open.changed) open.lines.set(key, { ...open.lines.get(key)!, seq: version });
    }
    await this.#writeBaskets(touched);
    const lines = touched.flatMap(({ basket, changed, lines }) =>
      [...changed].map((key) => ({ basketId: basket.id, line: lines.get(key)! })),
    );
    await putLines(sql, workspaceId, lines);
    const dropped = touched.flatMap(({ basket, dropped }) => [...dropped].map((key) => ({ basketId: basket.id, key })));
    await deleteLines(sql, workspaceId, dropped);
    const owners = touched.flatMap(({ basket, before }) => [basket.profileId, before.profileId]);
    await noteFacts(
      this.#tx,
      owners.filter((id) => id !== null),
      ['$baskets'],
    );
    for (const open of touched) {
      Object.assign(open, { isTouched: false, isNew: false });
      open.changed.clear();
      open.dropped.clear();
    }
    return touched.map(({ basket }) => basket);
  }

  /** Merged ones first: two baskets of one kind are never both a customer’s own. */
  async #writeBaskets(touched: readonly Open[]): Promise<void> {
    const { sql, workspaceId } = this.#tx;
    const isMerged = ({ basket }: Open) => basket.state === 'merged';
    const of = (some: readonly Open[]) => some.map(({ basket }) => basket);
    // One that became part of another within this call goes on being part of what that became.
    for (const open of touched.filter(isMerged)) {
      const { mergedInto } = open.basket;
      if (mergedInto !== null) open.basket = { ...open.basket, mergedInto: this.survivorOf(mergedInto)!.id };
    }
    const ended = touched.filter((open) => isMerged(open) && !open.isNew);
    await updateBaskets(sql, workspaceId, of(ended));
    await insertBaskets(sql, workspaceId, of(touched.filter(({ isNew }) => isNew)));
    await updateBaskets(sql, workspaceId, of(touched.filter((open) => !isMerged(open) && !open.isNew)));
    // One step to where a token leads, however often its basket was merged.
    const moved = ended.map(({ basket }) => ({ from: basket.id, into: basket.mergedInto! }));
    await redirectMerged(sql, workspaceId, moved);
  }

  #of(id: string): Open {
    const open = this.#open.get(id);
    if (open === undefined) throw new Error('a basket changed that was not locked');
    return open;
  }
}

import type { IdentifierReader } from '../../profiles/index.ts';
import type { RowJudge } from './judge-rows.ts';
import type { RowPlan } from './map-row.ts';
import type { NameFinder } from './name-finder.ts';
import { type Leaf, leavesOfCells, leavesOfJson } from './row-leaves.ts';
import type { RawRecord } from './split-records.ts';

/** A row and the text of it as it stands in the file. */
export interface StandingRow {
  readonly record: RawRecord;
  readonly raw: string;
}

/** How an import reads its rows; undefined: nobody could read the file. */
export interface Reading {
  readonly plan: RowPlan;
  readonly judge: RowJudge;
}

/** Which rows of a file are hers. */
export class NameJudge {
  readonly #names: NameFinder;
  readonly #reader: IdentifierReader;
  readonly #reading: Reading | undefined;
  /** Lines of one order need not repeat whose it is, and what every row is given need not stand in any. */
  readonly #looksAtAll: boolean;

  constructor(names: NameFinder, reader: IdentifierReader, reading: Reading | undefined) {
    this.#names = names;
    this.#reader = reader;
    this.#reading = reading;
    this.#looksAtAll = reading?.plan.kind === 'orders' || reading?.plan.options.defaults !== undefined;
  }

  /** As `RowJudge.judge`: `isEnd` says that no further row belongs to the last order, `taken` how many rows were judged. */
  async findHers(rows: readonly StandingRow[], isEnd: boolean): Promise<{ hers: readonly RawRecord[]; taken: number }> {
    const looked = this.#looksAtAll ? rows : rows.filter(({ raw }) => this.#names.mayStandIn(raw));
    const asRead = await this.#readAsImport(looked, isEnd || !this.#looksAtAll);
    const taken = this.#looksAtAll ? asRead.taken : rows.length;
    const hers: RawRecord[] = [];
    let isOfHers = false;
    for (const { record, raw } of looked.slice(0, asRead.taken)) {
      const isBad = asRead.bad.has(record.line);
      // Of an order the first row begins the event; the others follow it, also around one that cannot be read.
      if (!isBad) isOfHers = asRead.isHers.get(record.line) ?? isOfHers;
      if ((isOfHers && !isBad) || this.#standsIn(record, { raw, isBad })) hers.push(record);
    }
    return { hers, taken };
  }

  isNamedInHead(text: string): boolean {
    return this.#names.isNamedIn({ text });
  }

  /** A row of which nothing can be understood. */
  mayStandUnread(raw: string): boolean {
    return this.#names.mayStandUnread(raw);
  }

  async #readAsImport(rows: readonly StandingRow[], isEnd: boolean) {
    const isHers = new Map<number, boolean>();
    const bad = new Set<number>();
    if (this.#reading === undefined) {
      for (const { record } of rows) bad.add(record.line);
      return { isHers, bad, taken: rows.length };
    }
    const records = rows.map(({ record }) => record);
    const { events, becomes, rejects, taken } = await this.#reading.judge.judge(records, isEnd);
    for (const [index, { line }] of becomes.entries()) isHers.set(line, this.#names.isHers(events[index]!.identifiers));
    for (const { record } of rejects) bad.add(record.line);
    return { isHers, bad, taken };
  }

  #standsIn(record: RawRecord, { raw, isBad }: { raw: string; isBad: boolean }): boolean {
    const leaves = record.fault === undefined ? this.#leavesOf(record) : undefined;
    if (leaves === undefined) return this.#names.mayStandUnread(raw);
    if (!isBad) return leaves.some((leaf) => this.#names.isNamedIn(leaf));
    const { plan } = this.#reading ?? {};
    const isColumnKnown = plan !== undefined && (!plan.isCells || record.cells.length <= plan.fields.length);
    return leaves.some((leaf) => this.#names.mayBeNamedIn(leaf, isColumnKnown));
  }

  #leavesOf({ cells }: RawRecord): readonly Leaf[] | undefined {
    const { plan } = this.#reading ?? {};
    if (plan?.isCells === true) return leavesOfCells(cells, plan, this.#reader);
    if (plan === undefined && cells.length > 1) return leavesOfCells(cells, undefined, this.#reader);
    return leavesOfJson(cells[0]!, { plan, reader: this.#reader });
  }
}

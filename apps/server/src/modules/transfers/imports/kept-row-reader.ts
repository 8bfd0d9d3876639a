import type { IdentifierReader } from '../../profiles/index.ts';
import type { NameFinder } from './name-finder.ts';
import { type Leaf, leavesOfCells, leavesOfJson } from './row-leaves.ts';

/** Reads rows that were not taken as they are kept, without the names of their columns: whether a customer is in them. */
export class KeptRowReader {
  readonly #names: NameFinder;
  readonly #reader: IdentifierReader;

  constructor(names: NameFinder, reader: IdentifierReader) {
    this.#names = names;
    this.#reader = reader;
  }

  /** Whether the row names her, and not perhaps somebody else. */
  names(kept: string): boolean {
    return this.#leavesOf(kept)?.some((leaf) => this.#names.isNamedIn(leaf)) ?? this.#names.isNamedIn({ text: kept });
  }

  /** Whether it may name her. Of a row that was cut once, what is gone may have. */
  mayName(kept: string): boolean {
    const cells = parse(kept);
    if (cells === undefined) return true;
    if (this.#leavesOf(kept)!.some((leaf) => this.#names.mayBeNamedIn(leaf, false))) return true;
    // The line of a row that could not be parted.
    const [line] = cells;
    return cells.length === 1 && this.#jsonOf(line!) === undefined && this.#names.mayStandUnread(line!);
  }

  #leavesOf(kept: string): Leaf[] | undefined {
    const cells = parse(kept);
    if (cells === undefined) return undefined;
    return (cells.length === 1 ? this.#jsonOf(cells[0]!) : undefined) ?? leavesOfCells(cells, undefined, this.#reader);
  }

  #jsonOf(line: string): Leaf[] | undefined {
    return leavesOfJson(line, { plan: undefined, reader: this.#reader });
  }
}

function parse(kept: string): string[] | undefined {
  try {
    return JSON.parse(kept) as string[];
  } catch {
    return undefined;
  }
}

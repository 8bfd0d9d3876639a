import { parseAmountMinor } from '@segue/contract';
import { isJsonObject, type Json, type JsonObject } from '../../../platform/json.ts';
import type { ConnectorSettings } from '../connector.ts';
import { idOf, instantOf, wholeOf } from '../payload.ts';

/** A row that cannot be taken: which column, and what is wrong with it. */
export class BadRow extends Error {
  readonly column: string;

  constructor(column: string, message: string) {
    super(message);
    this.column = column;
  }
}

/** What a row is read with. */
export interface RowContext {
  readonly settings: ConnectorSettings;
  /** When the file was true: of rows that do not say. */
  readonly atMs: number;
}

/** The fields of one row. A wrong one names itself; one that is not there says nothing. */
export class Fields {
  readonly #fields: JsonObject;
  readonly #context: RowContext;

  constructor(fields: JsonObject, context: RowContext) {
    this.#fields = fields;
    this.#context = context;
  }

  text(name: string): string | undefined {
    const value = this.#fields[name];
    if (value === undefined || value === null || value === '') return undefined;
    if (typeof value === 'string') return value.trim();
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    throw new BadRow(name, 'is no text');
  }

  id(name: string): string {
    const id = this.maybeId(name);
    if (id === undefined) throw new BadRow(name, 'is missing');
    return id;
  }

  maybeId(name: string): string | undefined {
    const value = this.#fields[name];
    if (value === undefined || value === null || value === '') return undefined;
    const id = typeof value === 'string' ? value.trim() : idOf(value);
    if (id === undefined || id === '' || id.length > 200) throw new BadRow(name, 'is no id of at most 200 characters');
    return id;
  }

  whole(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const number = /^-?\d+(\.0+)?$/.test(text) ? wholeOf(text) : undefined;
    if (number === undefined || Math.abs(number) > 1_000_000_000) throw new BadRow(name, 'is no whole number');
    return number;
  }

  /** Of the main unit, like 19.99. */
  amount(name: string, currency = this.currency()): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const minor = parseAmountMinor(text, currency);
    if (minor === undefined || minor < 0) throw new BadRow(name, `is no amount of ${currency}, like 19.99`);
    return minor;
  }

  currency(): string {
    const text = this.text('currency')?.toUpperCase() ?? this.#context.settings.currency;
    if (!/^[A-Z]{3}$/.test(text)) throw new BadRow('currency', 'is no currency, like EUR');
    return text;
  }

  instant(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const at = instantOf(text) ?? instantOf(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : null);
    if (at === undefined) throw new BadRow(name, 'is no instant with its zone, like 2026-11-23T10:00:00Z');
    return at;
  }

  flag(name: string): boolean | undefined {
    const text = this.text(name)?.toLowerCase();
    if (text === undefined) return undefined;
    if (['true', 'yes', '1'].includes(text)) return true;
    if (['false', 'no', '0'].includes(text)) return false;
    throw new BadRow(name, 'is neither true nor false');
  }

  one<T extends string>(name: string, of: readonly T[]): T | undefined {
    const text = this.text(name)?.toLowerCase();
    if (text === undefined) return undefined;
    const found = of.find((one) => one === text);
    if (found === undefined) throw new BadRow(name, `is none of ${of.join(', ')}`);
    return found;
  }

  /** A list, or a text with semicolons between. */
  list(name: string): string[] {
    const value = this.#fields[name];
    const texts = Array.isArray(value) ? value.map(String) : (this.text(name)?.split(';') ?? []);
    return texts.map((text) => text.trim()).filter((text) => text !== '');
  }

  objects(name: string): Fields[] | undefined {
    const value: Json | undefined = this.#fields[name];
    if (value === undefined || value === null) return undefined;
    if (!Array.isArray(value) || !value.every(isJsonObject)) throw new BadRow(name, 'is no list of objects');
    return value.map((one) => new Fields(one, this.#context));
  }

  /** When the row was true. */
  at(): number {
    return this.instant('updated_at') ?? this.#context.atMs;
  }

  /** `option:Size`, `attribute:material`. */
  named(prefix: string): [string, string][] {
    return Object.keys(this.#fields).flatMap((name): [string, string][] => {
      const value = name.startsWith(`${prefix}:`) ? this.text(name) : undefined;
      return value === undefined ? [] : [[name.slice(prefix.length + 1), value]];
    });
  }
}

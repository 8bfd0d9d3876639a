import { compressSync, uncompressSync } from 'snappy';
import type { JsonObject } from '../json.ts';

/** The name under which one module keeps its part of a subject's state. The type says what is in it. */
export interface Section<T> {
  readonly key: string;
  readonly _type?: T;
}

export function defineSection<T extends object>(key: string): Section<T> {
  return { key };
}

/**
 * What the log's events are about, with its whole state in one opaque row: each module reads and writes its own
 * section only. One row a subject means one lock, one read and one write per batch, whatever the number of stages.
 */
export class Subject {
  readonly id: string;
  #bytes: Buffer | undefined;
  #sections: JsonObject | undefined;
  #dirty = false;

  constructor(id: string, bytes?: Buffer) {
    this.id = id;
    this.#bytes = bytes;
  }

  get dirty(): boolean {
    return this.#dirty;
  }

  /** The section's value, undefined when it was never set. Change it only through `set`. */
  get<T>(section: Section<T>): T | undefined {
    return this.#load()[section.key] as T | undefined;
  }

  set<T extends object>(section: Section<T>, value: T | undefined): void {
    const sections = this.#load();
    if (value === undefined) delete sections[section.key];
    else sections[section.key] = value as unknown as JsonObject;
    this.#dirty = true;
  }

  /** The state as it is stored: snappy over JSON. */
  encode(): Buffer {
    return compressSync(JSON.stringify(this.#load()));
  }

  #load(): JsonObject {
    if (this.#sections === undefined) {
      this.#sections =
        this.#bytes === undefined || this.#bytes.length === 0
          ? {}
          : (JSON.parse(uncompressSync(this.#bytes, { asBuffer: false }) as string) as JsonObject);
      this.#bytes = undefined;
    }
    return this.#sections;
  }
}

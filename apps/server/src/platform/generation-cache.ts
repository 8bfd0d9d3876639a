/**
 * A bounded map that forgets what was not asked for lately: two generations, the older dropped whole when the younger is
 * full. Constant time, and no bookkeeping per entry.
 */
export class GenerationCache<K, V> {
  readonly #entriesMax: number;
  #young = new Map<K, V>();
  #old = new Map<K, V>();

  /** Holds at least `entriesMax / 2` and at most `entriesMax` entries once it is full. */
  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax;
  }

  get(key: K): V | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: K, value: V): void {
    if (this.#young.size >= this.#entriesMax / 2) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }

  delete(key: K): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }
}

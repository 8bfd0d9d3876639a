/** A seeded source of chance whose whole state is one number, so that a story can be saved and told on. */
export class Random {
  private current: number;

  constructor(state: number) {
    this.current = state >>> 0;
  }

  get state(): number {
    return this.current;
  }

  /** A number in [0, 1): mulberry32. */
  next(): number {
    this.current = (this.current + 0x6d2b79f5) >>> 0;
    let mixed = this.current;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** A whole number from `least` to `most`, both included. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  pick<T>(values: readonly T[]): T {
    const value = values[Math.floor(this.next() * values.length)];
    if (value === undefined) throw new Error('Nothing to pick from');
    return value;
  }

  /** `count` different values, or all of them when there are fewer. */
  sample<T>(values: readonly T[], count: number): T[] {
    const left = [...values];
    const picked: T[] = [];
    while (picked.length < count && left.length > 0)
      picked.push(...left.splice(Math.floor(this.next() * left.length), 1));
    return picked;
  }

  /** The wait until the next of events that come by chance, `mean` apart. */
  waitMs(meanMs: number): number {
    return Math.max(1, Math.round(-Math.log(1 - this.next()) * meanMs));
  }

  /** A version 4 UUID. */
  uuid(): string {
    const hex = Array.from({ length: 32 }, () => Math.floor(this.next() * 16).toString(16));
    hex[12] = '4';
    hex[16] = '89ab'[Math.floor(this.next() * 4)] ?? '8';
    const digits = hex.join('');
    return [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)].join(
      '-',
    );
  }
}

/** A state for `Random` that depends on every given number (FNV-1a over their bytes). */
export function mixSeed(...numbers: readonly number[]): number {
  let hash = 0x811c9dc5;
  for (const number of numbers)
    for (let shift = 0; shift < 32; shift += 8) hash = Math.imul(hash ^ ((number >>> shift) & 0xff), 0x01000193) >>> 0;
  return hash;
}

import type { SandboxClock } from '../sandbox-clock.ts';

/** A bucket that calls fill and time empties, by the twin's clock. */
export class LeakyBucket {
  readonly size: number;
  readonly leaksPerSecond: number;
  private readonly clock: SandboxClock;
  private level = 0;
  private atMs: number;

  constructor(clock: SandboxClock, { size, leaksPerSecond }: { size: number; leaksPerSecond: number }) {
    this.size = size;
    this.leaksPerSecond = leaksPerSecond;
    this.clock = clock;
    this.atMs = clock.now();
  }

  get used(): number {
    const nowMs = this.clock.now();
    this.level = Math.max(0, this.level - (Math.max(0, nowMs - this.atMs) / 1_000) * this.leaksPerSecond);
    this.atMs = nowMs;
    return this.level;
  }

  get free(): number {
    return this.size - this.used;
  }

  /** Whether it went in. */
  pour(amount: number): boolean {
    if (this.used + amount > this.size) return false;
    this.level += amount;
    return true;
  }

  /** Less was needed than was poured. */
  giveBack(amount: number): void {
    this.level = Math.max(0, this.level - amount);
  }
}

/** By how much a rest grows after a look that found nothing: from 50 to 400 ms in ten looks, about two seconds. */
const GROWTH = 1.25;

/**
 * How long to rest between looks: short while there is work, longer and longer while there is none, so that an idle shop
 * costs next to nothing.
 */
export class GrowingRest {
  readonly #leastMs: number;
  readonly #mostMs: number;
  #ms: number;

  constructor(leastMs: number, mostMs: number) {
    this.#leastMs = leastMs;
    this.#mostMs = Math.max(leastMs, mostMs);
    this.#ms = leastMs;
  }

  get ms(): number {
    return this.#ms;
  }

  grow(): void {
    this.#ms = Math.min(this.#mostMs, this.#ms * GROWTH);
  }

  reset(): void {
    this.#ms = this.#leastMs;
  }
}

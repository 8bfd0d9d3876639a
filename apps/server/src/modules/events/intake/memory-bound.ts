import { AppError } from '../../../platform/errors.ts';

/** Bounds what requests hold in memory until they are answered: beyond it senders are told to come back. */
export class MemoryBound {
  readonly #charsMax: number;
  #heldChars = 0;

  constructor(charsMax: number) {
    this.#charsMax = charsMax;
  }

  /** Asked before a body is read. */
  refuseWhenFull(): void {
    if (this.#heldChars >= this.#charsMax) throw busy();
  }

  async hold<T>(chars: number, work: () => Promise<T>): Promise<T> {
    if (this.#heldChars + chars > this.#charsMax) throw busy();
    this.#heldChars += chars;
    try {
      return await work();
    } finally {
      this.#heldChars -= chars;
    }
  }
}

function busy(): AppError {
  return new AppError('unavailable', 'Too many events are waiting to be written; repeat shortly', {
    retryAfterSeconds: 1,
  });
}

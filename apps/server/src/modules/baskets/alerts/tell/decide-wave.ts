/** Somebody who waits, in the order in which they came. */
export interface Waiting {
  readonly id: string;
  readonly profileId: string;
  /** So many pieces must be there before it is worth telling. */
  readonly pieces: number;
}

export interface WaveInput<W extends Waiting> {
  /** Of the wave under way, how many are still to be told; 0: a new wave begins. */
  readonly waveLeft: number;
  readonly available: number;
  /** So many hundredths of a customer are told for each piece. */
  readonly factorHundredths: number;
  readonly waiting: readonly W[];
  readonly rankOf: (profileId: string) => number;
}

/** How many are told while so many pieces are there. Pure. */
export function waveSize(available: number, factorHundredths: number): number {
  return available <= 0 ? 0 : Math.ceil((available * factorHundredths) / 100);
}

/**
 * Who is told now: no more than the pieces are worth, also of a wave that began when there were more; higher ranks first, among
 * equals who came first. Pure.
 */
export function decideWave<W extends Waiting>(input: WaveInput<W>): { size: number; chosen: W[] } {
  const { waveLeft, available, factorHundredths, waiting, rankOf } = input;
  const worth = waveSize(available, factorHundredths);
  const size = waveLeft > 0 ? Math.min(waveLeft, worth) : worth;
  const chosen = waiting
    .filter(({ pieces }) => pieces <= available)
    // Sorting is stable: who came first stays first.
    .toSorted((a, b) => rankOf(b.profileId) - rankOf(a.profileId))
    .slice(0, size);
  return { size, chosen };
}

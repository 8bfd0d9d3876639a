import { mixSeed, Random } from '../shop/random.ts';
import { planArrivals, type Misbehaviour } from './misbehaviour.ts';

interface Waiting<T> {
  readonly item: T;
  readonly dueAtMs: number;
  /** So many others that are due go first. */
  letsPass: number;
}

/** Something that is due, and since when. */
export interface Due<T> {
  readonly item: T;
  readonly dueAtMs: number;
}

/**
 * Where deliveries wait for their time. It loses, doubles, delays and shuffles them as the misbehaviour says; the same seed and the
 * same deliveries always come out the same way, whatever became of others.
 */
export class UnreliableQueue<T> {
  private readonly waiting: Waiting<T>[] = [];
  private readonly seed: number;
  private misbehaviour: Misbehaviour;
  private told = 0;
  private lost = 0;

  constructor(seed: number, misbehaviour: Misbehaviour) {
    this.seed = seed;
    this.misbehaviour = misbehaviour;
  }

  get lostCount(): number {
    return this.lost;
  }

  get nextDueAtMs(): number | undefined {
    return this.waiting[0]?.dueAtMs;
  }

  /** Holds for what is told from now on. */
  behave(misbehaviour: Misbehaviour): void {
    this.misbehaviour = misbehaviour;
  }

  tell(item: T, atMs: number): void {
    const arrivals = planArrivals(new Random(mixSeed(this.seed, this.told++)), this.misbehaviour);
    if (arrivals.length === 0) this.lost++;
    for (const { afterMs, overtakenBy } of arrivals)
      this.insert({ item, dueAtMs: atMs + afterMs, letsPass: overtakenBy });
  }

  /** Comes at that time, once: a retry is not told anew. */
  hold(item: T, dueAtMs: number): void {
    this.insert({ item, dueAtMs, letsPass: 0 });
  }

  /** Takes the next one that is due. */
  takeDue(nowMs: number): Due<T> | undefined {
    const due = this.waiting.findIndex(({ dueAtMs }) => dueAtMs > nowMs);
    const last = (due < 0 ? this.waiting.length : due) - 1;
    if (last < 0) return undefined;
    let place = 0;
    for (let polite = this.waiting[place]; polite !== undefined && place < last && polite.letsPass > 0;) {
      polite.letsPass--;
      polite = this.waiting[++place];
    }
    const [taken] = this.waiting.splice(place, 1);
    return taken && { item: taken.item, dueAtMs: taken.dueAtMs };
  }

  private insert(one: Waiting<T>): void {
    const place = this.waiting.findIndex((other) => other.dueAtMs > one.dueAtMs);
    this.waiting.splice(place < 0 ? this.waiting.length : place, 0, one);
  }
}

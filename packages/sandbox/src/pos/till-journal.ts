import type { SandboxClock } from '../sandbox-clock.ts';
import { type Misbehaviour, UnreliableQueue } from '../unreliable/index.ts';
import type { PosFact, PosItem, SendPosBatch } from './pos-item.ts';

const BATCH_MOST = 50;
/** What nobody confirmed is sent again after so long. */
const RESEND_MS = 30_000;

export interface TillJournalOptions {
  readonly clock: SandboxClock;
  readonly seed: number;
  readonly deviceId: string;
  readonly location: string | undefined;
  readonly misbehaviour: Misbehaviour;
  /** Tills go wrong. */
  readonly clockAheadMs: number;
  readonly send: SendPosBatch;
  readonly saved?: readonly Entry[] | undefined;
}

/** An item, and whether it arrived. */
export interface Entry {
  readonly item: PosItem;
  isConfirmed: boolean;
  triedAtMs: number;
}

export interface SendReport {
  readonly sent: number;
  readonly unconfirmed: number;
}

/** What happened at a till, in its own numbers. An item stays until it is confirmed; it may be sent more than once, and in any order. */
export class TillJournal {
  readonly refusals: { readonly sequence: number; readonly message: string }[] = [];
  private readonly options: TillJournalOptions;
  private readonly entries: Entry[];
  private readonly queue: UnreliableQueue<number>;
  private sending: Promise<SendReport> = Promise.resolve({ sent: 0, unconfirmed: 0 });

  constructor(options: TillJournalOptions) {
    this.options = options;
    this.entries = [...(options.saved ?? [])];
    this.queue = new UnreliableQueue(options.seed, options.misbehaviour);
  }

  get items(): readonly PosItem[] {
    return this.entries.map(({ item }) => item);
  }

  save(): readonly Entry[] {
    return this.entries;
  }

  get unconfirmed(): number {
    return this.entries.filter(({ isConfirmed }) => !isConfirmed).length;
  }

  behave(misbehaviour: Misbehaviour): void {
    this.queue.behave(misbehaviour);
  }

  write(fact: PosFact): PosItem {
    const { clock, clockAheadMs, location } = this.options;
    const nowMs = clock.now();
    const hasPlace = location !== undefined && ['sale', 'refund', 'stock_count'].includes(fact.kind);
    const item: PosItem = {
      ...fact,
      ...{ sequence: this.entries.length + 1, at: new Date(nowMs + clockAheadMs).toISOString() },
      ...(hasPlace && { location }),
    };
    this.entries.push({ item, isConfirmed: false, triedAtMs: nowMs });
    this.queue.tell(item.sequence, nowMs);
    return item;
  }

  /** Sends what is due by the clock, batch after batch. */
  send(): Promise<SendReport> {
    this.sending = this.sending.then(() => this.sendDue());
    return this.sending;
  }

  private async sendDue(): Promise<SendReport> {
    const nowMs = this.options.clock.now();
    let sent = 0;
    this.resend(
      this.entries.filter((entry) => !entry.isConfirmed && entry.triedAtMs + RESEND_MS <= nowMs),
      nowMs,
    );
    for (;;) {
      const batch = this.takeBatch(nowMs);
      if (batch.length === 0) return { sent, unconfirmed: this.unconfirmed };
      const answer = await this.options.send({ deviceId: this.options.deviceId, items: batch.map(({ item }) => item) });
      for (const entry of batch) entry.triedAtMs = nowMs;
      if (answer === undefined) return { sent, unconfirmed: this.unconfirmed };
      sent += batch.length;
      for (const { sequence, state, message = '' } of answer.items) {
        const entry = sequence === null ? undefined : this.entries[sequence - 1];
        if (entry === undefined || state === 'early') continue;
        entry.isConfirmed = true;
        if (state === 'refused') this.refusals.push({ sequence: entry.item.sequence, message });
      }
      this.resend(this.missing(answer.missing, batch), nowMs);
    }
  }

  /** Those asked for, but for what was just sent. */
  private missing(sequences: readonly number[], batch: readonly Entry[]): Entry[] {
    const entries = sequences.flatMap((sequence) => this.entries[sequence - 1] ?? []);
    return entries.filter((entry) => !batch.includes(entry) && entry.triedAtMs < this.options.clock.now());
  }

  private resend(entries: readonly Entry[], nowMs: number): void {
    for (const entry of entries) {
      entry.triedAtMs = nowMs;
      this.queue.hold(entry.item.sequence, nowMs);
    }
  }

  private takeBatch(nowMs: number): Entry[] {
    const batch: Entry[] = [];
    while (batch.length < BATCH_MOST) {
      const due = this.queue.takeDue(nowMs);
      if (due === undefined) break;
      const entry = this.entries[due.item - 1];
      if (entry !== undefined) batch.push(entry);
    }
    return batch;
  }
}

/**
 * How the mail server treats a recipient instead of accepting: `reject` answers 550, `tempfail` 451, `drop` reads the
 * whole mail and cuts the connection without an answer (so the sender cannot know; `stored` says whether it arrived).
 */
export interface Behaviour {
  readonly kind: 'reject' | 'tempfail' | 'drop';
  /** One address; every address when left out. */
  readonly to?: string | undefined;
  /** How often; until cleared when left out. */
  readonly times?: number | undefined;
  /** For `drop`: whether the mail lands in the mailbox all the same (it does by default). */
  readonly stored?: boolean | undefined;
}

/** The behaviours in force, in the order in which they were given. */
export class Behaviours {
  private entries: { rule: Behaviour; left: number }[] = [];

  add(rule: Behaviour): void {
    this.entries.push({ rule, left: rule.times ?? Number.POSITIVE_INFINITY });
  }

  clear(): void {
    this.entries = [];
  }

  list(): Behaviour[] {
    return this.entries.map(({ rule, left }) => (Number.isFinite(left) ? { ...rule, times: left } : rule));
  }

  /** The first behaviour of these kinds for this address; counts as one use of it. */
  take(address: string, kinds: readonly Behaviour['kind'][]): Behaviour | undefined {
    const entry = this.entries.find(
      ({ rule }) =>
        kinds.includes(rule.kind) && (rule.to === undefined || rule.to.toLowerCase() === address.toLowerCase()),
    );
    if (entry === undefined) return undefined;
    entry.left -= 1;
    if (entry.left <= 0) this.entries = this.entries.filter((other) => other !== entry);
    return entry.rule;
  }
}

/** Reads what a caller posted; a text says what is wrong with it. */
export function readBehaviour(input: unknown): Behaviour | string {
  if (typeof input !== 'object' || input === null)
    return 'send an object like { "kind": "reject", "to": "ada@example.com" }';
  const { kind, to, times, stored } = input as Record<string, unknown>;
  if (kind !== 'reject' && kind !== 'tempfail' && kind !== 'drop') return 'kind: choose reject, tempfail or drop';
  if (to !== undefined && typeof to !== 'string') return 'to: give one address, or leave it out for all';
  if (times !== undefined && !(Number.isInteger(times) && Number(times) > 0))
    return 'times: give a whole number above 0';
  if (stored !== undefined && typeof stored !== 'boolean') return 'stored: give true or false';
  return { kind, to, times: times === undefined ? undefined : Number(times), stored };
}

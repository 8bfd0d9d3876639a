/** What lies in one program under one identity node. */
export interface Account {
  readonly id: string;
  readonly programId: string;
  /** Null: she was erased. */
  readonly profileId: string | null;
  readonly node: number | null;
  readonly balance: number;
  readonly pending: number;
  readonly debt: number;
  readonly lifetimeEarned: number;
  readonly lifetimeBurned: number;
  /** When she last earned or spent any. */
  readonly activeAtMs: number | null;
}

/** What a customer has in one program: all accounts of her profile together. */
export interface Standing {
  readonly balance: number;
  readonly pending: number;
  readonly debt: number;
}

export function standingOf(accounts: readonly Account[]): Standing {
  const sum = (field: keyof Standing) => accounts.reduce((all, account) => all + account[field], 0);
  return { balance: sum('balance'), pending: sum('pending'), debt: sum('debt') };
}

/** As a program shows it: a debt beside the balance, or a balance below 0. Pure. */
export function shownStanding({ balance, pending, debt }: Standing, shortfall: 'debt' | 'negative'): Standing {
  return shortfall === 'debt' ? { balance, pending, debt } : { balance: balance - debt, pending, debt: 0 };
}

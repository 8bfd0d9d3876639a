/** Wrong passwords in a row after which an address is locked (NIST SP 800-63B §5.2.2 allows up to 100). */
export const FAILURES_MAX = 10;
/** How long it stays locked after the last of them. */
export const LOCK_MS = 15 * 60_000;

/** How often one kind of call may be made from one place. */
export interface RateRule {
  readonly callsMax: number;
  readonly windowMs: number;
}

export const SIGN_IN_RATE: RateRule = { callsMax: 20, windowMs: 60_000 };
/** A code that was given is spent (RFC 6238 §5.2), for as long as the library would take it: its own 30 s, one step either way. */
export const CODE_ONCE: RateRule = { callsMax: 1, windowMs: 90_000 };
/** Each may send a mail. */
export const MAIL_RATE: RateRule = { callsMax: 5, windowMs: 600_000 };

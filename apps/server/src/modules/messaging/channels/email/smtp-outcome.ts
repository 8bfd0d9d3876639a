import type { DeliveryOutcome } from '../channel.ts';

/** What is known of a failed SMTP transaction. */
export interface SmtpFailure {
  /** The client's class of error: ECONNECTION, ETIMEDOUT, EENVELOPE … */
  readonly code: string | undefined;
  /** The SMTP command that was answered: `RCPT TO`, `DATA`, `CONN` … */
  readonly command: string | undefined;
  /** The server's reply, when there was one. */
  readonly responseCode: number | undefined;
  readonly response: string | undefined;
  /** At least one byte of the message itself was handed over: the server may have taken it. */
  readonly dataStarted: boolean;
}

/**
 * The server's reply decides when there is one (RFC 5321 §4.2.1: 4yz try again, 5yz never). Without a reply all hangs
 * on whether the message itself had begun to leave.
 */
export function classifySmtpFailure(failure: SmtpFailure): DeliveryOutcome {
  const reason = describeFailure(failure);
  if (failure.responseCode !== undefined && failure.responseCode >= 400)
    return classifyReply(failure, failure.responseCode);
  if (failure.dataStarted) return { kind: 'unknown', reason };
  if (failure.code === 'EENVELOPE') return { kind: 'rejected', by: 'recipient', reason };
  if (failure.code === 'EMESSAGE') return { kind: 'rejected', by: 'content', reason };
  return { kind: 'deferred', reason };
}

/** The session's fault, not the message's: wrong order (503), or the account that logs in and sends. */
const SESSION_COMMANDS = /^(CONN|HELO|EHLO|LHLO|STARTTLS|AUTH|API|MAIL FROM)/;

function classifyReply(failure: SmtpFailure, responseCode: number): DeliveryOutcome {
  const reason = describeFailure(failure);
  if (responseCode < 500 || responseCode === 503) return { kind: 'deferred', reason };
  if (failure.code === 'EAUTH' || SESSION_COMMANDS.test(failure.command ?? 'CONN')) return { kind: 'deferred', reason };
  const by =
    failure.command === 'RCPT TO' && isBadAddress(responseCode, enhancedCode(failure.response))
      ? 'recipient'
      : 'content';
  return { kind: 'rejected', by, reason };
}

/** RFC 3463: 5.1.x is about the address, 5.2.1 a mailbox switched off. 5.2.2 (full) and 5.7.x (policy) pass. */
function isBadAddress(responseCode: number, enhanced: string | undefined): boolean {
  if (enhanced !== undefined) return enhanced.startsWith('5.1.') || enhanced === '5.2.1';
  return responseCode === 550 || responseCode === 551 || responseCode === 553;
}

function enhancedCode(response: string | undefined): string | undefined {
  return /^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})\b/.exec(response ?? '')?.[1];
}

/** Codes only: servers quote the address in their words, and reasons are kept. */
function describeFailure(failure: SmtpFailure): string {
  const where = failure.command === undefined ? '' : ` at ${failure.command}`;
  if (failure.responseCode !== undefined) {
    const enhanced = enhancedCode(failure.response);
    return `${failure.responseCode}${enhanced === undefined ? '' : ` ${enhanced}`}${where}`;
  }
  return `${failure.code ?? 'error'}${failure.dataStarted ? ' after the message had begun to leave' : where}`;
}

import { blindHash, type WorkspaceKeys } from '../../platform/crypto/index.ts';
import { uuidText } from '../../platform/ids/index.ts';

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const PHONE = /^\+[1-9]\d{6,14}$/;
const PHONE_CHANNELS: ReadonlySet<string> = new Set(['sms', 'whatsapp', 'voice']);

type AddressKind = 'email' | 'phone' | 'channel';

function kindOf(channel: string): AddressKind {
  if (channel === 'email') return 'email';
  return PHONE_CHANNELS.has(channel) ? 'phone' : 'channel';
}

/** The identifier that an address of the channel is for a profile; undefined where the channel has addresses of its own. */
export function identifierKindOf(channel: string): 'email' | 'phone' | undefined {
  const kind = kindOf(channel);
  return kind === 'channel' ? undefined : kind;
}

/** The address in its one written form; undefined when no message could reach it. */
export function normaliseAddress(channel: string, address: string): string | undefined {
  const kind = kindOf(channel);
  const trimmed = address.trim();
  if (kind === 'email') return EMAIL.test(trimmed) ? trimmed.toLowerCase() : undefined;
  if (kind === 'channel') return trimmed === '' ? undefined : trimmed;
  const digits = trimmed.replace(/[\s().-]/g, '');
  return PHONE.test(digits) ? digits : undefined;
}

/** Providers whose mailboxes have no dots. */
const DOTLESS: ReadonlySet<string> = new Set(['gmail.com', 'googlemail.com']);

/**
 * Where mail to a normalised address arrives, as far as its spelling tells: `ada+shop@example.com` is the mailbox
 * `ada@example.com` (RFC 5233). Only to count mails by; what she wrote is what is written to.
 */
export function mailboxOf(email: string): string {
  const at = email.lastIndexOf('@');
  const local = email.slice(0, at).replace(/(?<=.)\+.*$/, '');
  const domain = email.slice(at + 1);
  return DOTLESS.has(domain) ? `${local.replaceAll('.', '')}@gmail.com` : `${local}@${domain}`;
}

/**
 * The keyed hash an address is suppressed under. `normalised` comes from `normaliseAddress` or is an identifier's value.
 * Example: `addressHash(keys, 'email', 'ada@example.com')`.
 */
export function addressHash(keys: Pick<WorkspaceKeys, 'blind'>, channel: string, normalised: string): string {
  return uuidText(blindHash(keys.blind, `${kindOf(channel)}\n${normalised}`));
}

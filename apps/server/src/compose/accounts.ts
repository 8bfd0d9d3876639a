import nodemailer from 'nodemailer';
import { type Accounts, type KeyRing, type MemberMail, openAccounts } from '../modules/accounts/index.ts';
import { ensureDefaultTopics } from '../modules/consent/index.ts';
import { reviseSegments } from '../modules/segments/index.ts';
import type { Services } from '../platform/context.ts';

const MAIL_TIMEOUT_MS = 10_000;

/** Who may call, joined with what other modules put into a new workspace. Default: no mail server. */
export function createAccounts(
  services: Services,
  keyRing: KeyRing,
  options: { secret: Buffer; publicUrl: string; mail?: MemberMail | undefined },
): Accounts {
  const { secret, publicUrl, mail } = options;
  const joined = { setUpWorkspace: ensureDefaultTopics, zoneChanged: reviseSegments };
  return openAccounts({ services, keyRing, secret, publicUrl, mail, ...joined });
}

/** Mail to members over the SMTP server of the environment; undefined when there is none. */
export function createMemberMail(config: { smtpUrl: string | undefined; mailFrom: string }): MemberMail | undefined {
  const { smtpUrl, mailFrom: from } = config;
  if (smtpUrl === undefined) return undefined;
  const transport = nodemailer.createTransport({
    url: smtpUrl,
    connectionTimeout: MAIL_TIMEOUT_MS,
    greetingTimeout: MAIL_TIMEOUT_MS,
    socketTimeout: MAIL_TIMEOUT_MS,
    dnsTimeout: MAIL_TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send({ to, subject, text, html }) {
      await transport.sendMail({ from, to: { name: '', address: to }, subject, text, html });
    },
  };
}

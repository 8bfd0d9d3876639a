import type { Mail } from '../mail/mail.ts';
import type { Mailbox } from '../mail/mailbox.ts';
import type { SeenMail } from './advance-world.ts';

const ENTITY = /&(amp|#38|#x26);/gi;
const LEADS_AWAY = /unsubscribe|preferences|view in browser/i;

/** The newest mail to an address after an instant, with where its main button leads. */
export function newestMail(mailbox: Mailbox, address: string, sinceMs: number): SeenMail | undefined {
  const mail = mailbox.mailsTo(address).find(({ receivedAt }) => Date.parse(receivedAt) > sinceMs);
  if (mail === undefined) return undefined;
  return {
    id: mail.id,
    receivedAtMs: Date.parse(mail.receivedAt),
    link: mainLink(mail),
    canUnsubscribe: mail.unsubscribe?.oneClick === true,
  };
}

/** The first link of the mail that is not about stopping it. */
export function mainLink(mail: Pick<Mail, 'html' | 'unsubscribe'>): string | null {
  for (const [, href = '', text = ''] of (mail.html ?? '').matchAll(
    /<a\s[^>]*href="(https?:[^"]+)"[^>]*>([\s\S]*?)<\/a>/gi,
  )) {
    const url = href.replace(ENTITY, '&');
    if (url !== mail.unsubscribe?.url && !LEADS_AWAY.test(url) && !LEADS_AWAY.test(text)) return url;
  }
  return null;
}

/** The pictures that the sender itself serves: what tells it that the mail was opened. */
export function senderPictures(mail: Pick<Mail, 'html'>, server: string): string[] {
  const pictures = [...(mail.html ?? '').matchAll(/<img\s[^>]*src="(https?:[^"]+)"/gi)];
  return pictures
    .map(([, src = '']) => src.replace(ENTITY, '&'))
    .filter((url) => URL.canParse(url) && new URL(url).origin === new URL(server).origin);
}

import { randomUUID } from 'node:crypto';
import { simpleParser } from 'mailparser';
import type { Mail, MailHeader, MailUnsubscribe } from './mail.ts';

export interface Envelope {
  readonly from: string;
  readonly to: readonly string[];
}

/** Reads the raw bytes of a mail as a mail client would. */
export async function parseMail(raw: Buffer, envelope: Envelope, receivedAtMs: number): Promise<Mail> {
  const parsed = await simpleParser(raw, { skipHtmlToText: true, skipTextToHtml: true, skipTextLinks: true });
  const headers = parsed.headerLines.map(({ line }) => splitHeader(line));
  return {
    id: randomUUID(),
    receivedAt: new Date(receivedAtMs).toISOString(),
    from: parsed.from?.text ?? envelope.from,
    to: envelope.to.map((address) => address.toLowerCase()),
    subject: parsed.subject ?? '',
    messageId: parsed.messageId ?? null,
    headers,
    html: parsed.html || null,
    text: parsed.text ?? null,
    sizeBytes: raw.length,
    unsubscribe: readUnsubscribe(headers),
    unsubscribedAt: null,
  };
}

function splitHeader(line: string): MailHeader {
  const colon = line.indexOf(':');
  return {
    name: line.slice(0, colon).trim(),
    value: line
      .slice(colon + 1)
      .replace(/\r?\n[ \t]+/g, ' ')
      .trim(),
  };
}

/** The first web address of List-Unsubscribe; `oneClick` when List-Unsubscribe-Post promises RFC 8058. */
export function readUnsubscribe(headers: readonly MailHeader[]): MailUnsubscribe | null {
  const find = (name: string) => headers.find((header) => header.name.toLowerCase() === name)?.value;
  const addresses = [...(find('list-unsubscribe') ?? '').matchAll(/<([^>]*)>/g)].map(([, uri]) =>
    (uri ?? '').replace(/\s/g, ''),
  );
  const url = addresses.find((uri) => /^https?:\/\//i.test(uri));
  if (url === undefined) return null;
  const oneClick = (find('list-unsubscribe-post') ?? '').trim().toLowerCase() === 'list-unsubscribe=one-click';
  return { url, oneClick };
}

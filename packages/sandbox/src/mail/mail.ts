/** One mail as it came in over SMTP. */
export interface Mail {
  readonly id: string;
  /** By the clock the sandbox was started with. */
  readonly receivedAt: string;
  readonly from: string;
  /** The recipients of the envelope, in lower case: who really got it, whatever the headers say. */
  readonly to: readonly string[];
  readonly subject: string;
  readonly messageId: string | null;
  readonly headers: readonly MailHeader[];
  readonly html: string | null;
  readonly text: string | null;
  readonly sizeBytes: number;
  readonly unsubscribe: MailUnsubscribe | null;
  readonly unsubscribedAt: string | null;
}

export interface MailHeader {
  readonly name: string;
  readonly value: string;
}

/** Where a mail client may unsubscribe (RFC 8058 when `oneClick`). */
export interface MailUnsubscribe {
  readonly url: string;
  readonly oneClick: boolean;
}

/** The line of a mail in an inbox. */
export interface MailSummary {
  readonly id: string;
  readonly receivedAt: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly messageId: string | null;
  readonly preview: string;
  readonly unsubscribedAt: string | null;
}

const PREVIEW_LENGTH = 140;

export function summarise(mail: Mail): MailSummary {
  const { id, receivedAt, from, to, subject, messageId, unsubscribedAt } = mail;
  return { id, receivedAt, from, to, subject, messageId, preview: previewOf(mail), unsubscribedAt };
}

function previewOf(mail: Mail): string {
  const words = mail.text ?? (mail.html ?? '').replace(/<(style|script|title)[\s\S]*?<\/\1>|<[^>]*>/gi, ' ');
  return words
    .replace(/https?:\/\/\S+/g, '')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, PREVIEW_LENGTH);
}

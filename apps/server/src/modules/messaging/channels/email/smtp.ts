import type { Readable } from 'node:stream';
import nodemailer from 'nodemailer';
import { publicId } from '../../../../platform/ids/index.ts';
import type { Channel, DeliveryOutcome, OutgoingMessage } from '../channel.ts';
import { classifySmtpFailure } from './smtp-outcome.ts';

export interface SmtpAccount {
  /** `smtp://user:password@host:587`; `smtps://` for TLS from the first byte. */
  readonly smtpUrl: string;
  /** `Shop <hello@shop.example>`. */
  readonly from: string;
  readonly connectionsMax?: number;
  /** Silence after which an attempt is given up. */
  readonly timeoutMs?: number;
}

const CONNECTIONS_MAX = 8;
const TIMEOUT_MS = 30_000;

/** Email over one SMTP account, on a pool of connections. */
export function createEmailChannel(account: SmtpAccount): Channel {
  const connectionsMax = account.connectionsMax ?? CONNECTIONS_MAX;
  const timeoutMs = account.timeoutMs ?? TIMEOUT_MS;
  const domain = senderDomain(account.from);
  const streams = new Map<string, Readable>();
  const transport = createPool(account.smtpUrl, { connectionsMax, timeoutMs, streams });
  return {
    name: 'email',
    addressKind: 'email',
    concurrencyMax: connectionsMax,
    async deliver(message) {
      const messageId = `<${publicId('msg', message.id)}@${domain}>`;
      // Silence is bounded by the socket's own time-out; the signal bounds a server that trickles its replies.
      const signal = AbortSignal.timeout(timeoutMs * 2);
      try {
        const info = await transport.sendMail({ ...composeMail(message, account.from), messageId, signal });
        return { kind: 'accepted', reason: info.response.slice(0, 3) };
      } catch (error) {
        return toOutcome(error, streams.get(messageId)?.readableDidRead ?? false);
      } finally {
        streams.delete(messageId);
      }
    },
    async close() {
      transport.close();
    },
  };
}

/** The pool, with the stream of every mail under way kept: whether it was read says whether the mail began to leave. */
function createPool(
  smtpUrl: string,
  options: { connectionsMax: number; timeoutMs: number; streams: Map<string, Readable> },
) {
  const { connectionsMax, timeoutMs, streams } = options;
  const transport = nodemailer.createTransport({
    pool: true,
    url: smtpUrl,
    maxConnections: connectionsMax,
    maxMessages: 500,
    // The pool must not send again by itself: only we know whether that is safe.
    maxRequeues: 0,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  transport.use('stream', (mail, done) => {
    const { message } = mail;
    const createReadStream = message.createReadStream.bind(message);
    message.createReadStream = (streamOptions) => {
      const stream = createReadStream(streamOptions);
      streams.set(message.messageId(), stream);
      return stream;
    };
    done();
  });
  return transport;
}

function composeMail(message: OutgoingMessage, from: string) {
  const { subject, html, text } = message.content;
  const to = { name: '', address: message.address };
  const mail = { from, to, subject, html, text };
  if (message.unsubscribeUrl === undefined) return mail;
  // RFC 8058: one click, by a POST that needs no cookie and no confirmation.
  return {
    ...mail,
    headers: {
      'List-Unsubscribe': `<${message.unsubscribeUrl}>`,
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
    },
  };
}

function toOutcome(error: unknown, dataStarted: boolean): DeliveryOutcome {
  const field = (name: string): unknown =>
    error instanceof Error ? (error as unknown as Record<string, unknown>)[name] : undefined;
  const text = (name: string): string | undefined => {
    const value = field(name);
    return typeof value === 'string' ? value : undefined;
  };
  const responseCode = field('responseCode');
  return classifySmtpFailure({
    code: text('code'),
    command: text('command'),
    responseCode: typeof responseCode === 'number' ? responseCode : undefined,
    response: text('response'),
    dataStarted,
  });
}

function senderDomain(from: string): string {
  const domain = /@([^\s<>@]+)>?\s*$/.exec(from)?.[1];
  if (domain === undefined) throw new Error(`"${from}" is not a sender such as "Shop <hello@shop.example>"`);
  return domain;
}

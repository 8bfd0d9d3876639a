import type { AddressInfo, Socket } from 'node:net';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerOptions, type SMTPServerSession } from 'smtp-server';
import type { Behaviour, Behaviours } from './behaviour.ts';
import type { Mailbox } from './mailbox.ts';
import { parseMail } from './parse-mail.ts';

const MAIL_BYTES_MAX = 10 * 1024 * 1024;
const LOOPBACK = '127.0.0.1';

export interface SmtpOptions {
  readonly port: number;
  readonly mailbox: Mailbox;
  readonly behaviours: Behaviours;
  readonly now: () => number;
}

export interface Smtp {
  readonly port: number;
  close(): Promise<void>;
}

/** An SMTP server on loopback that accepts every mail, except as told by `behaviours`. */
export async function startSmtp(options: SmtpOptions): Promise<Smtp> {
  const sockets = new Map<number, Socket>();
  const cut = (session: SMTPServerSession): void => {
    sockets.get(session.remotePort)?.destroy();
  };
  const server = new SMTPServer({
    banner: 'Segue sandbox',
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    size: MAIL_BYTES_MAX,
    closeTimeout: 200,
    onRcptTo: (address, _session, callback) => callback(refusal(options.behaviours, address.address)),
    onData: receiver(options, cut),
  });
  // A client that hangs up early is its own affair.
  server.on('error', () => undefined);
  server.server.on('connection', (socket: Socket) => {
    const port = socket.remotePort ?? 0;
    sockets.set(port, socket);
    socket.once('close', () => sockets.delete(port));
  });
  await listen(server, options.port);
  return {
    port: (server.server.address() as AddressInfo).port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function listen(server: SMTPServer, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.server.once('error', reject);
    server.listen(port, LOOPBACK, () => {
      server.server.off('error', reject);
      resolve();
    });
  });
}

function refusal(behaviours: Behaviours, address: string): Error | null {
  const behaviour = behaviours.take(address, ['reject', 'tempfail']);
  if (behaviour === undefined) return null;
  return behaviour.kind === 'reject'
    ? smtpError(550, '5.1.1 No such mailbox here')
    : smtpError(451, '4.3.0 Try again later');
}

function smtpError(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}

function receiver(
  options: SmtpOptions,
  cut: (session: SMTPServerSession) => void,
): NonNullable<SMTPServerOptions['onData']> {
  return (stream, session, callback) => {
    receive(options, stream, session)
      .then((dropped) => {
        if (dropped) cut(session);
        else callback(null);
      })
      .catch((error: unknown) =>
        callback(error instanceof Error ? error : smtpError(451, '4.3.0 Could not keep the mail')),
      );
  };
}

/** Stores the mail; true when the connection shall be cut instead of answered. */
async function receive(
  options: SmtpOptions,
  stream: SMTPServerDataStream,
  session: SMTPServerSession,
): Promise<boolean> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  if (stream.sizeExceeded) throw smtpError(552, '5.3.4 The mail is too big');
  const { mailFrom, rcptTo } = session.envelope;
  const envelope = { from: mailFrom === false ? '' : mailFrom.address, to: rcptTo.map(({ address }) => address) };
  const drop = firstDrop(options.behaviours, envelope.to);
  if (drop === undefined || drop.stored !== false) {
    await options.mailbox.add(await parseMail(Buffer.concat(chunks), envelope, options.now()));
  }
  return drop !== undefined;
}

function firstDrop(behaviours: Behaviours, addresses: readonly string[]): Behaviour | undefined {
  for (const address of addresses) {
    const drop = behaviours.take(address, ['drop']);
    if (drop !== undefined) return drop;
  }
  return undefined;
}

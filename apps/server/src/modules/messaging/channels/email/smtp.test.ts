import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { afterEach, describe, expect, it } from 'vitest';
import type { Channel, OutgoingMessage } from '../channel.ts';
import { createEmailChannel } from './smtp.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function outgoing(over: Partial<OutgoingMessage> = {}): OutgoingMessage {
  return {
    id: '01890000-0000-7000-8000-0000000000aa',
    address: 'ada@example.com',
    content: { subject: 'Grüße', html: '<p>Your cart</p>', text: 'Your cart' },
    unsubscribeUrl: undefined,
    ...over,
  };
}

function channelTo(port: number, timeoutMs = 2_000): Channel {
  const channel = createEmailChannel({
    smtpUrl: `smtp://127.0.0.1:${port}`,
    from: 'Shop <hello@shop.example>',
    timeoutMs,
  });
  closers.push(() => channel.close());
  return channel;
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function startSmtp(options: SMTPServerOptions): Promise<{ port: number; mails: Buffer[] }> {
  const mails: Buffer[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData(stream, _session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        mails.push(Buffer.concat(chunks));
        done();
      });
    },
    ...options,
  });
  server.on('error', () => undefined);
  closers.push(() => new Promise((resolve) => server.close(resolve)));
  const port = await listen(server.server as unknown as Server);
  return { port, mails };
}

/** A server that speaks just enough SMTP to break at the place wanted. `undefined` as an answer drops the connection. */
async function startBroken(
  answer: (line: string) => string | undefined,
): Promise<{ port: number; attempts: () => number }> {
  let attempts = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    let rest = '';
    let inData = false;
    socket.write('220 broken\r\n');
    socket.on('data', (chunk) => {
      const lines = (rest + chunk.toString()).split('\r\n');
      rest = lines.pop()!;
      for (const line of lines) {
        if (inData && line !== '.') continue;
        if (line.startsWith('MAIL')) attempts++;
        const reply = answer(line);
        if (reply === undefined) return void socket.destroy();
        inData = reply.startsWith('354');
        if (reply !== '') socket.write(`${reply}\r\n`);
      }
    });
  });
  closers.push(
    () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  );
  return { port: await listen(server), attempts: () => attempts };
}

const polite = (line: string): string => (line.startsWith('DATA') ? '354 go on' : '250 ok');

describe('email over SMTP', () => {
  it('sends both parts under an id that leads back to the message', async () => {
    const { port, mails } = await startSmtp({});
    const outcome = await channelTo(port).deliver(outgoing());
    expect(outcome.kind).toBe('accepted');
    const mail = await simpleParser(mails[0]!);
    expect(mail.messageId).toBe('<msg_018900000000700080000000000000aa@shop.example>');
    expect(mail.subject).toBe('Grüße');
    expect(mail.text?.trim()).toBe('Your cart');
    expect(mail.html).toContain('<p>Your cart</p>');
    expect(mail.from?.text).toContain('hello@shop.example');
    expect(mail.headers.has('list-unsubscribe')).toBe(false);
  });

  it('offers one-click unsubscription when given the link', async () => {
    const { port, mails } = await startSmtp({});
    await channelTo(port).deliver(outgoing({ unsubscribeUrl: 'https://shop.example/p/u/abc' }));
    const raw = mails[0]!.toString();
    expect(raw).toMatch(/^List-Unsubscribe: <https:\/\/shop\.example\/p\/u\/abc>\r$/m);
    expect(raw).toMatch(/^List-Unsubscribe-Post: List-Unsubscribe=One-Click\r$/m);
  });

  it('tries again later when nobody listens', async () => {
    const server = createServer();
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    expect((await channelTo(port).deliver(outgoing())).kind).toBe('deferred');
  });

  it('tells a bad recipient from a server that asks to come back', async () => {
    const fail = (responseCode: number) => Object.assign(new Error('refused'), { responseCode });
    const { port } = await startSmtp({
      onRcptTo: (address, _session, done) => done(fail(address.address.startsWith('busy') ? 450 : 550)),
    });
    const channel = channelTo(port);
    expect(await channel.deliver(outgoing())).toMatchObject({ kind: 'rejected', by: 'recipient' });
    expect((await channel.deliver(outgoing({ address: 'busy@example.com' }))).kind).toBe('deferred');
  });

  it('does not know what became of a mail when the server drops the line after it, and does not send it again', async () => {
    const { port, attempts } = await startBroken((line) => (line === '.' ? undefined : polite(line)));
    expect((await channelTo(port).deliver(outgoing())).kind).toBe('unknown');
    expect(attempts()).toBe(1);
  });

  it('does not know what became of a mail when the server falls silent after it', async () => {
    const { port } = await startBroken((line) => (line === '.' ? '' : polite(line)));
    expect((await channelTo(port, 150).deliver(outgoing())).kind).toBe('unknown');
  });

  it('knows that nothing was taken over when the line drops before the mail', async () => {
    const { port, attempts } = await startBroken((line) => (line.startsWith('RCPT') ? undefined : polite(line)));
    expect((await channelTo(port).deliver(outgoing())).kind).toBe('deferred');
    expect(attempts()).toBe(1);
  });

  it('knows that nothing was taken over when the server never asks for the mail', async () => {
    const { port } = await startBroken((line) => (line.startsWith('DATA') ? '' : polite(line)));
    expect((await channelTo(port, 150).deliver(outgoing())).kind).toBe('deferred');
  });

  it('knows that nothing was taken over when the server hangs up on greeting', async () => {
    const server = createServer((socket) => socket.destroy());
    closers.push(() => new Promise((resolve) => server.close(() => resolve())));
    expect((await channelTo(await listen(server)).deliver(outgoing())).kind).toBe('deferred');
  });

  it('answers each mail for itself when a kept connection dies between two', async () => {
    let mails = 0;
    const { port } = await startBroken((line) => {
      if (line === '.') mails++;
      return mails === 1 && line.startsWith('MAIL') ? undefined : polite(line);
    });
    const channel = channelTo(port);
    expect((await channel.deliver(outgoing())).kind).toBe('accepted');
    expect((await channel.deliver(outgoing())).kind).toBe('deferred');
  });
});

import { createServer, type IncomingHttpHeaders, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

export interface ReceivedCall {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A server somebody else runs, which may behave as badly as they do. */
export interface Listener {
  readonly port: number;
  readonly url: string;
  readonly calls: ReceivedCall[];
  /** Connections ever made, also those on which nothing was said. */
  readonly connections: number;
  /** How the next calls are answered; at first 200. */
  answer: (response: ServerResponse, call: ReceivedCall) => void;
  /** Until this many calls came. */
  received(count: number): Promise<ReceivedCall[]>;
  close(): Promise<void>;
}

/** Listens on a port of its own on loopback, with TLS when a certificate is given. */
export async function startListener(certificate?: { cert: string; key: string }): Promise<Listener> {
  const calls: ReceivedCall[] = [];
  const sockets = new Set<Socket>();
  const waiting: (() => void)[] = [];
  let connections = 0;
  const listen: RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const call = { method, path: url, headers, body: Buffer.concat(chunks).toString('utf8') };
      calls.push(call);
      listener.answer(response, call);
      for (const tell of waiting.splice(0)) tell();
    });
  };
  const server = certificate === undefined ? createServer(listen) : createTlsServer(certificate, listen);
  server.on('connection', (socket: Socket) => {
    connections++;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const listener: Listener = {
    port,
    url: `${certificate === undefined ? 'http' : 'https'}://127.0.0.1:${port}/hooks`,
    calls,
    get connections() {
      return connections;
    },
    answer: (response) => response.end('ok'),
    async received(count) {
      while (calls.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
      return calls;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return listener;
}

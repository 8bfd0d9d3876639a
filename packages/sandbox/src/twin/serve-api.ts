import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SandboxClock } from '../sandbox-clock.ts';

const BODY_BYTES_MAX = 4 * 1024 * 1024;
const LOOPBACK = '127.0.0.1';

/** A call of a twin's API as it came over the wire. */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface ApiReply {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ServedApi {
  /** Without a slash at its end. */
  readonly url: string;
  close(): Promise<void>;
}

export interface ServeOptions {
  readonly port: number;
  readonly clock: SandboxClock;
  /** Between the doing of a call and its answer. */
  readonly beforeAnswer?: (() => Promise<void>) | undefined;
}

/** Serves a twin's API on loopback. Its `Date` is the twin's clock: who asks takes it for the clock of the shop. */
export async function serveApi(
  { port, clock, beforeAnswer }: ServeOptions,
  answer: (request: ApiRequest) => ApiReply | Promise<ApiReply>,
): Promise<ServedApi> {
  const server = createServer((request, response) => {
    read(request)
      .then(async (asked) => {
        const reply = await answer(asked);
        await beforeAnswer?.();
        return reply;
      })
      .then(
        (reply) => send(response, reply, clock),
        (error: unknown) => send(response, { status: 500, body: JSON.stringify({ errors: String(error) }) }, clock),
      );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, LOOPBACK, () => resolve());
  });
  return {
    url: `http://${LOOPBACK}:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function read(request: IncomingMessage): Promise<ApiRequest> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request) {
    sizeBytes += (chunk as Buffer).length;
    if (sizeBytes > BODY_BYTES_MAX) throw new Error('the request is too big');
    chunks.push(chunk as Buffer);
  }
  const url = new URL(request.url ?? '/', `http://${LOOPBACK}`);
  return {
    method: request.method ?? 'GET',
    ...{ path: url.pathname, query: url.searchParams, headers: request.headers, body: Buffer.concat(chunks) },
  };
}

function send(response: ServerResponse, reply: ApiReply, clock: SandboxClock): void {
  response.writeHead(reply.status, {
    date: new Date(clock.now()).toUTCString(),
    'content-type': 'application/json; charset=utf-8',
    ...reply.headers,
  });
  response.end(reply.body);
}

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PAGE_POLICY, problem, type Answerer, type Reply } from './reply.ts';

const BODY_BYTES_MAX = 64 * 1024;
const LOOPBACK = '127.0.0.1';
const LOCAL_HOST = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/;

export interface Web {
  readonly port: number;
  close(): Promise<void>;
}

/** A web server on loopback; the first answerer that answers wins. */
export async function startWeb(port: number, answerers: readonly Answerer[]): Promise<Web> {
  const server = createServer((request, response) => {
    answer(request, answerers).then(
      (reply) => send(response, reply),
      (error: unknown) => send(response, problem(500, error instanceof Error ? error.message : String(error))),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, LOOPBACK, () => resolve());
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(request: IncomingMessage, answerers: readonly Answerer[]): Promise<Reply> {
  const refused = refuseStrangers(request);
  if (refused !== undefined) return refused;
  const url = new URL(request.url ?? '/', `http://${LOOPBACK}`);
  const body = await readJson(request);
  if (body.kind === 'refused') return body.reply;
  for (const answerer of answerers) {
    const reply = await answerer({ method: request.method ?? 'GET', url, body: body.value });
    if (reply !== undefined) return reply;
  }
  return problem(404, `There is nothing at ${url.pathname}`);
}

/** Loopback alone does not keep out the other pages of a browser: not those that rebind a name, nor those that post. */
function refuseStrangers(request: IncomingMessage): Reply | undefined {
  if (!LOCAL_HOST.test(request.headers.host ?? '')) return problem(421, 'Use the address 127.0.0.1 or localhost');
  const site = request.headers['sec-fetch-site'];
  const safe = request.method === 'GET' || request.method === 'HEAD';
  if (!safe && site !== undefined && site !== 'same-origin' && site !== 'none')
    return problem(403, 'Another page may not change the mailbox');
  return undefined;
}

type ReadBody = { kind: 'read'; value: unknown } | { kind: 'refused'; reply: Reply };

async function readJson(request: IncomingMessage): Promise<ReadBody> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request) {
    sizeBytes += (chunk as Buffer).length;
    if (sizeBytes > BODY_BYTES_MAX) return { kind: 'refused', reply: problem(413, 'The request is too big') };
    chunks.push(chunk as Buffer);
  }
  if (sizeBytes === 0) return { kind: 'read', value: undefined };
  try {
    return { kind: 'read', value: JSON.parse(Buffer.concat(chunks).toString('utf8')) };
  } catch {
    return { kind: 'refused', reply: problem(400, 'The body is not JSON') };
  }
}

function send(response: ServerResponse, reply: Reply): void {
  response.writeHead(reply.status, {
    'content-type': reply.contentType,
    'content-security-policy': reply.policy ?? PAGE_POLICY,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
  });
  response.end(reply.body);
}

import { randomUUID, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { ChdbEngine } from './chdb-engine.ts';
import { ChdbRefusal, parseChdbRequest } from './chdb-request.ts';
import type { ChdbAnswer } from './chdb-seat.ts';

const bodyBytesMax = 256 * 1024 * 1024;
const unzip = promisify(gunzip);
const zip = promisify(gzip);

/** ClickHouse's own choice of status for what went wrong; everything else is 500. */
const statusOf = new Map<number, number>([
  ...[6, 27, 36, 38, 41, 42, 43, 47, 53, 62, 69, 72, 115, 117, 130, 131, 456, 457].map((code) => [code, 400] as const),
  ...[16, 46, 60, 81].map((code) => [code, 404] as const),
  ...[48].map((code) => [code, 501] as const),
]);

/** Speaks ClickHouse's HTTP interface for the engine of this process. */
export function createChdbHttp(engine: ChdbEngine, password: string): Server {
  const server = createServer((request, response) => {
    void answer({ engine, password }, request, response).catch((error: unknown) => sendError(response, error));
  });
  server.keepAliveTimeout = 30_000;
  // Queries may take long; the engine bounds them itself.
  server.requestTimeout = 0;
  return server;
}

interface Service {
  readonly engine: ChdbEngine;
  readonly password: string;
}

async function answer(service: Service, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://engine');
  if (url.pathname === '/ping') {
    response.end('Ok.\n');
    return;
  }
  requirePassword(service.password, request, url.searchParams);
  const queryId = url.searchParams.get('query_id') ?? randomUUID();
  const left = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) left.abort();
  });
  const query = parseChdbRequest(url.searchParams, await readBody(request), queryId);
  const result = await service.engine.run(query, left.signal);
  response.setHeader('X-ClickHouse-Query-Id', queryId);
  response.setHeader('X-ClickHouse-Timezone', 'UTC');
  response.setHeader('X-ClickHouse-Summary', summaryOf(result));
  await sendBody(request, response, result.body);
}

async function sendBody(request: IncomingMessage, response: ServerResponse, body: Uint8Array): Promise<void> {
  const asksForGzip =
    /enable_http_compression=1/.test(request.url ?? '') && /gzip/.test(request.headers['accept-encoding'] ?? '');
  response.setHeader('Content-Type', 'text/plain; charset=UTF-8');
  if (!asksForGzip) {
    response.end(body);
    return;
  }
  response.setHeader('Content-Encoding', 'gzip');
  response.end(await zip(body, { level: 1 }));
}

function requirePassword(password: string, request: IncomingMessage, url: URLSearchParams): void {
  const [, basic = ''] = /^Basic (.+)$/i.exec(request.headers.authorization ?? '') ?? [];
  const [, given] = /^[^:]*:(.*)$/s.exec(Buffer.from(basic, 'base64').toString()) ?? [];
  const offered = String(given ?? request.headers['x-clickhouse-key'] ?? url.get('password') ?? '');
  const [a, b] = [Buffer.from(offered), Buffer.from(password)];
  if (a.length === b.length && timingSafeEqual(a, b)) return;
  throw new ChdbRefusal({
    ...{ code: 516, name: 'AUTHENTICATION_FAILED', status: 403 },
    message: 'Authentication failed: password is incorrect, or there is no user with such name',
  });
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyBytesMax) throw tooLarge();
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding === 'identity') return body;
  if (encoding === 'gzip') return unzip(body, { maxOutputLength: bodyBytesMax });
  throw new ChdbRefusal({
    ...{ code: 48, name: 'NOT_IMPLEMENTED', status: 501 },
    message: `Content-Encoding ${encoding} is not supported by the embedded engine`,
  });
}

function summaryOf(result: ChdbAnswer): string {
  return JSON.stringify({
    read_rows: String(result.rowsRead),
    read_bytes: String(result.bytesRead),
    written_rows: String(result.rowsWritten),
    written_bytes: String(result.bytesWritten),
    total_rows_to_read: '0',
    result_rows: '0',
    result_bytes: String(result.body.length),
    elapsed_ns: String(Math.round(result.elapsedSeconds * 1e9)),
  });
}

function sendError(response: ServerResponse, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  const code = codeOf(error, message);
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  response.statusCode = error instanceof ChdbRefusal ? error.status : (statusOf.get(code) ?? 500);
  response.setHeader('X-ClickHouse-Exception-Code', String(code));
  response.setHeader('Content-Type', 'text/plain; charset=UTF-8');
  response.end(
    /^Code: \d+/.test(message) ? `${message}\n` : `Code: ${code}. DB::Exception: ${message}. (UNKNOWN_EXCEPTION)\n`,
  );
}

const unknownException = 1002;

function codeOf(error: unknown, message: string): number {
  if (error instanceof ChdbRefusal) return error.code;
  return Number(/^Code: (\d+)/.exec(message)?.[1] ?? unknownException);
}

const tooLarge = () =>
  new ChdbRefusal({
    ...{ code: 307, name: 'TOO_MANY_BYTES', status: 413 },
    message: `The body is larger than ${bodyBytesMax} bytes`,
  });

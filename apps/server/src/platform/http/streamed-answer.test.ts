import { once } from 'node:events';
import { get, type IncomingMessage, request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { defineEndpoint } from '@segue/contract';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { makeTempFolder, serveRoutes } from '../../testkit/index.ts';
import { createContext, type Ctx, type Services } from '../context.ts';
import { streamList } from './streamed-answer.ts';

const readBook = defineEndpoint({
  method: 'GET',
  path: '/api/v1/books/{id}',
  scope: 'workspace:read',
  tag: 'Workspace',
  summary: 'Read a book',
  answer: z.strictObject({ id: z.string(), pages: z.array(z.string()) }),
});

const PAGE = 'x'.repeat(250_000);
const PAGES = 64;
const logged: string[] = [];
const logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: (_: object, text: string) => void logged.push(text),
};
const ctx: Ctx = createContext({ logger } as unknown as Services, 1, { kind: 'system', name: 'test' });

let app: FastifyInstance | undefined;
let folder: ReturnType<typeof makeTempFolder>;
beforeEach(() => {
  folder = makeTempFolder();
});
afterEach(async () => {
  await app?.close();
  folder.remove();
  logged.length = 0;
});

/** A server of one book, at a socket that holds little. */
async function open(batches: () => AsyncIterable<string[]>): Promise<{ socketPath: string; path: string }> {
  app = serveRoutes(
    [(serve) => serve(readBook, ({ params }) => streamList({ id: params.id }, 'pages', batches()))],
    () => ctx,
  );
  const socketPath = join(folder.path, 'http.sock');
  await app.listen({ path: socketPath });
  return { socketPath, path: '/api/v1/books/moby' };
}

async function fetchBook(at: { socketPath: string; path: string }): Promise<IncomingMessage> {
  const [response] = (await once(get(at), 'response')) as [IncomingMessage];
  return response.setEncoding('utf8');
}

describe('a streamed answer', () => {
  it('is the whole JSON, and waits for whoever reads it: a few batches are in memory, however many there are', async () => {
    let [made, received, ahead] = [0, 0, 0];
    const at = await open(async function* () {
      for (; made < PAGES; made++) {
        ahead = Math.max(ahead, made - Math.floor(received / PAGE.length));
        yield [PAGE];
      }
    });
    const response = await fetchBook(at);
    let text = '';
    for await (const chunk of response as AsyncIterable<string>) {
      text += chunk;
      received += chunk.length;
    }
    expect(JSON.parse(text)).toEqual({ id: 'moby', pages: Array.from({ length: PAGES }, () => PAGE) });
    expect([response.statusCode, response.headers['cache-control']]).toEqual([200, 'no-store']);
    expect(ahead).toBeLessThan(12);
  });

  it.each([
    { batches: [], pages: [] },
    { batches: [[]], pages: [] },
    { batches: [[], ['a', 'b'], [], ['c'], []], pages: ['a', 'b', 'c'] },
  ])('of batches $batches is a list of $pages', async ({ batches, pages }) => {
    const at = await open(async function* () {
      yield* batches;
    });
    const answer = await app!.inject(at.path);
    expect([answer.statusCode, answer.json()]).toEqual([200, { id: 'moby', pages }]);
  });

  it('closes what it is read from when its reader goes away', async () => {
    let made = 0;
    let closed = (): void => {};
    const isClosed = new Promise<void>((resolve) => (closed = resolve));
    const at = await open(async function* () {
      try {
        for (; made < PAGES; made++) yield [PAGE];
      } finally {
        closed();
      }
    });
    const response = await fetchBook(at);
    await once(response, 'data');
    response.destroy();
    await isClosed;
    expect(made).toBeLessThan(12);
    expect(logged).toEqual([]);
  });

  it('that fails in the middle breaks the connection, ends as no JSON, and is written down once', async () => {
    const at = await open(async function* () {
      yield ['first'];
      throw new Error('a page is gone');
    });
    const response = await fetchBook(at);
    let text = '';
    response.on('data', (chunk: string) => (text += chunk));
    await expect(once(response, 'end')).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(response.complete).toBe(false);
    expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError);
    expect(logged).toEqual(['an answer broke off in the middle']);
  });

  it('is not read at all for who asks only for its head', async () => {
    let made = 0;
    const at = await open(async function* () {
      made++;
      yield [PAGE];
    });
    const call = httpRequest({ ...at, method: 'HEAD' });
    call.end();
    const [response] = (await once(call, 'response')) as [IncomingMessage];
    response.resume();
    await once(response, 'end');
    expect([response.statusCode, made]).toEqual([200, 0]);
  });

  it('that is not what the contract says is found by the tests that call it', async () => {
    const at = await open(async function* () {
      yield [5 as unknown as string];
    });
    const response = await fetchBook(at);
    response.resume();
    await expect(once(response, 'end')).rejects.toMatchObject({ code: 'ECONNRESET' });
  });
});

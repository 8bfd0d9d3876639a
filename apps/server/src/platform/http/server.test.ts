import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import { AppError } from '../errors.ts';
import { createLogger } from '../logger/index.ts';
import { createHttpServer, decodeCursor, parseInput, toPage } from './index.ts';
import { encodeCursor } from './page.ts';

const logger = createLogger('silent');

describe('an HTTP server', () => {
  it('does not start with a management route that is no endpoint of the contract', async () => {
    const app = createHttpServer(logger);
    app.register(async (inner) => void inner.get('/api/v1/forgotten', async () => 'open to all'));
    await expect(app.ready()).rejects.toThrow('GET /api/v1/forgotten is no endpoint of the contract');
  });

  it('does not start with a route of which nobody said who may call it', async () => {
    const app = createHttpServer(logger, { isOpenPath: (url) => url === '/open' });
    app.get('/open', async () => 'fine');
    app.register(async (inner) => void inner.get('/forgotten', async () => 'open to all'));
    await expect(app.ready()).rejects.toThrow('GET /forgotten does not say who may call it');
  });

  it('answers what does not fit with every field at fault', async () => {
    const app = createHttpServer(logger);
    const body = z.strictObject({
      name: z.string(),
      steps: z.array(z.object({ days: z.int({ error: 'give whole days' }) })),
    });
    app.post('/x', async (request) => parseInput(body, request.body));
    const response = await app.inject({
      method: 'POST',
      url: '/x',
      payload: { steps: [{ days: 1 }, { days: 'x' }], colour: 'red' },
    });
    expect(response.statusCode).toBe(400);
    expect(response.headers['content-type']).toMatch('application/problem+json');
    expect(response.json<{ errors: object[] }>().errors).toEqual([
      { field: 'name', message: 'is missing; give a text' },
      { field: 'steps[1].days', message: 'give whole days' },
      { field: 'colour', message: 'there is no such field here; correct its name or leave it out' },
    ]);
  });

  it.each([
    [
      'nothing',
      'application/json',
      '',
      'the body is empty; send a JSON document, or leave out the header Content-Type',
    ],
    ['broken JSON', 'application/json', '{"x', 'the body is not JSON; check its quotes, commas and brackets'],
    [
      'XML',
      'text/xml',
      '<x/>',
      'the body is of a kind nobody reads here; send JSON with "Content-Type: application/json"',
    ],
  ])('says of %s what to send instead', async (_what, type, payload, message) => {
    const app = createHttpServer(logger);
    app.post('/x', async () => 'taken');
    const response = await app.inject({ method: 'POST', url: '/x', payload, headers: { 'content-type': type } });
    expect(response.statusCode).toBe(400);
    expect(response.json()).toMatchObject({ code: 'invalid', errors: [{ field: '', message }] });
  });

  it('says of a fault of its own only that it is one', async () => {
    const app = createHttpServer(logger);
    app.get('/broken', async () => {
      throw new Error('password=hunter2');
    });
    const response = await app.inject({ url: '/broken' });
    expect(response.statusCode).toBe(500);
    expect(response.json()).toMatchObject({ status: 500, code: 'internal' });
    expect(response.body).not.toContain('hunter2');
  });

  it('tells a sender when to come back, and what is nowhere', async () => {
    const app = createHttpServer(logger);
    app.get('/busy', async () => {
      throw new AppError('unavailable', 'Busy', { retryAfterSeconds: 3 });
    });
    const busy = await app.inject({ url: '/busy' });
    expect([busy.statusCode, busy.headers['retry-after']]).toEqual([503, '3']);
    const nowhere = await app.inject({ url: '/nowhere?secret=1' });
    expect(nowhere.statusCode).toBe(404);
    expect(nowhere.json()).toMatchObject({ code: 'not_found', title: 'There is nothing at GET /nowhere' });
  });

  it('refuses a body that is too large: 413, but 400 under /v1 as Segment clients expect', async () => {
    const app = createHttpServer(logger);
    app.post('/v1/x', async () => 'taken');
    app.post('/x', async () => 'taken');
    const payload = { text: 'x'.repeat(1_100_000) };
    expect((await app.inject({ method: 'POST', url: '/x', payload })).statusCode).toBe(413);
    expect((await app.inject({ method: 'POST', url: '/v1/x', payload })).statusCode).toBe(400);
  });
});

describe('pages', () => {
  const page = (rows: readonly number[]) =>
    toPage(rows, { limit: 2, keyOf: (row) => [row], present: (row) => `#${row}` });

  it('name a next page only when there is one', () => {
    expect(page([3, 2, 1])).toEqual({ items: ['#3', '#2'], nextCursor: encodeCursor([2]) });
    expect(page([2, 1])).toEqual({ items: ['#2', '#1'], nextCursor: null });
    expect(page([])).toEqual({ items: [], nextCursor: null });
  });

  it('are found again by their cursor', () => {
    const id = '01a2027b-d680-7629-b784-89426f6955a3';
    const key = [5, id, '2026-11-22T09:00:00.000Z', 'text'];
    expect(decodeCursor(encodeCursor(key), ['number', 'uuid', 'instant', 'text'])).toEqual(key);
    expect(decodeCursor(undefined, ['uuid'])).toBeUndefined();
    expect(decodeCursor('', ['uuid'])).toBeUndefined();
  });

  it.each([['no json'], [{}], [['x']], [[1]], [[]], [['01a2027b-d680-7629-b784-89426f6955a3', 2]], [null]])(
    'are not found by the cursor of %j, which names its field',
    (key) => {
      const cursor = typeof key === 'string' ? key : Buffer.from(JSON.stringify(key)).toString('base64url');
      expect(() => decodeCursor(cursor, ['uuid'])).toThrow(
        expect.objectContaining({ code: 'invalid', details: [expect.objectContaining({ field: 'cursor' })] }),
      );
    },
  );
});

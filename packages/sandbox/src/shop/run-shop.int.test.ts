import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { startSandboxMail } from '../mail/start-sandbox-mail.ts';
import { runShop, type ShopOptions } from './run-shop.ts';

interface Item {
  messageId: string;
  type: string;
  timestamp: string;
  anonymousId: string;
}

/** The least of a server that a shop needs: health, intake that remembers, and lists of named things. */
class ShopServer {
  readonly items: Item[] = [];
  readonly sentAt: string[] = [];
  readonly made: string[] = [];
  isDown = false;
  refused = 0;
  private readonly server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      if (this.isDown) this.refused += 1;
      const { status, value } = this.isDown
        ? { status: 503, value: {} }
        : this.answer(`${request.method} ${request.url?.split('?')[0]}`, body);
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
      this.changed();
    });
  });
  private readonly watchers = new Set<() => void>();
  private readonly named = new Map<string, { id: string; name: string; state: string }[]>();

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', () => resolve()));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  until(isTrue: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!isTrue()) return;
        this.watchers.delete(look);
        resolve();
      };
      this.watchers.add(look);
      look();
    });
  }

  private changed(): void {
    for (const watcher of this.watchers) watcher();
  }

  private answer(call: string, body: string): { status: number; value: unknown } {
    if (call === 'GET /api/health') return { status: 200, value: {} };
    if (call === 'POST /v1/batch') {
      const { batch, sentAt } = JSON.parse(body) as { batch: Item[]; sentAt: string };
      this.items.push(...batch);
      this.sentAt.push(sentAt);
      return { status: 200, value: {} };
    }
    const path = call.split(' ')[1] ?? '';
    const list = this.named.get(path) ?? [];
    if (call.startsWith('GET')) return { status: 200, value: { items: list, nextCursor: null } };
    this.made.push(call);
    if (call.endsWith('/publish')) return { status: 200, value: {} };
    const thing = {
      id: `id-${this.made.length}`,
      name: (JSON.parse(body) as { name: string }).name,
      state: 'published',
    };
    this.named.set(path, [...list, thing]);
    return { status: 201, value: { ...thing, state: 'draft' } };
  }
}

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const NOW_MS = Date.UTC(2027, 2, 1, 12);

async function openShop() {
  const server = new ShopServer();
  const url = await server.start();
  closing.push(() => server.stop());
  const dataDir = await mkdtemp(join(tmpdir(), 'segue-shop-'));
  closing.push(() => rm(dataDir, { recursive: true }));
  const mail = await startSandboxMail({ smtpPort: 0, webPort: 0 });
  closing.push(mail.close);
  const run = (options: Partial<ShopOptions> = {}) => {
    const stop = new AbortController();
    const ended = runShop({
      server: url,
      writeKey: 'write',
      apiKey: 'api-key-1',
      mailbox: mail.mailbox,
      shopUrl: `${mail.mailboxUrl}shop/`,
      clock: { now: () => NOW_MS },
      dataDir,
      visitsPerHour: 5,
      seed: 3,
      signal: stop.signal,
      log: () => undefined,
      ...options,
    });
    return async () => {
      stop.abort();
      await ended;
    };
  };
  return { server, run };
}

const published = (server: ShopServer) => server.made.filter((call) => call.endsWith('/publish')).length;

test('a new shop tells two days of history in its own clock’s time, then furnishes itself', async () => {
  const { server, run } = await openShop();
  const close = run();
  await server.until(() => published(server) === 2);
  await close();
  expect(server.items.length).toBeGreaterThan(200);
  const times = server.items.map(({ timestamp }) => Date.parse(timestamp));
  expect(Math.min(...times)).toBeGreaterThanOrEqual(NOW_MS - 48 * 3_600_000);
  expect(Math.max(...times)).toBeLessThanOrEqual(NOW_MS);
  expect(new Set(server.sentAt)).toEqual(new Set([new Date(NOW_MS).toISOString()]));
});

test('a shop that opens again tells nothing twice and makes nothing twice', async () => {
  const { server, run } = await openShop();
  const close = run();
  await server.until(() => published(server) === 2);
  await close();
  const made = [...server.made];
  const closeAgain = run({ clock: { now: () => NOW_MS + 6 * 3_600_000 } });
  const told = server.items.length;
  await server.until(() => server.items.length > told);
  await closeAgain();
  expect(new Set(server.items.map(({ messageId }) => messageId)).size).toBe(server.items.length);
  expect(server.made).toEqual(made);
});

test('a server that goes away for a while loses no event', async () => {
  const { server, run } = await openShop();
  let nowMs = NOW_MS;
  const close = run({ clock: { now: () => nowMs } });
  await server.until(() => published(server) === 2);
  const told = server.items.length;
  server.isDown = true;
  nowMs += 3 * 3_600_000;
  await server.until(() => server.refused >= 2);
  expect(server.items).toHaveLength(told);
  server.isDown = false;
  await server.until(() => server.items.length > told);
  await close();
  const numbers = server.items.map(({ messageId }) => Number(messageId.split('-').at(-1)));
  expect(new Set(numbers).size).toBe(numbers.length);
});

test('a shop that closes while the server is away tries no more', async () => {
  const { server, run } = await openShop();
  server.isDown = true;
  const close = run();
  await server.until(() => server.refused >= 1);
  const refusedBefore = server.refused;
  await close();
  // One try may have been under way.
  expect(server.refused - refusedBefore).toBeLessThanOrEqual(1);
});

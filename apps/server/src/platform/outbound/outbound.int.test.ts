import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createOutbound, type OutboundResult } from './index.ts';
import { makeCertificate } from './testing/certificate.ts';
import { type Listener, startListener } from './testing/listener.ts';

const certificate = makeCertificate('shop.example');
let plain: Listener;
let secure: Listener;
beforeAll(async () => {
  [plain, secure] = await Promise.all([startListener(), startListener(certificate)]);
});
afterAll(async () => {
  await Promise.all([plain.close(), secure.close()]);
});
beforeEach(() => {
  for (const listener of [plain, secure]) {
    listener.calls.length = 0;
    listener.answer = (response) => response.end('ok');
  }
});

const LOOPBACK = ['127.0.0.0/8'];
const local = createOutbound({ allow: LOOPBACK });
const limits = { timeoutMs: 2_000, responseBytesMax: 1_024 };
const call = (url: string, outbound = local, timeoutMs = limits.timeoutMs): Promise<OutboundResult> =>
  outbound.request({ ...limits, timeoutMs, url, body: '{"a":"é"}', headers: { 'content-type': 'application/json' } });

describe('a call', () => {
  it('carries method, headers and the exact bytes of the body, and answers what came back', async () => {
    plain.answer = (response) => response.writeHead(201, { 'x-shop': 'yes' }).end('made');
    const result = await call(plain.url);
    expect(result).toMatchObject({ kind: 'answered', status: 201, isCut: false });
    expect(result.kind === 'answered' && [result.body.toString(), result.headers['x-shop']]).toEqual(['made', 'yes']);
    expect(plain.calls).toMatchObject([
      {
        method: 'POST',
        path: '/hooks',
        body: '{"a":"é"}',
        headers: { 'content-type': 'application/json', 'content-length': '10' },
      },
    ]);
  });

  it('follows no redirect, neither to a private address nor anywhere', async () => {
    plain.answer = (response) => response.writeHead(302, { location: 'http://169.254.169.254/latest' }).end();
    expect(await call(plain.url)).toMatchObject({ kind: 'answered', status: 302 });
    plain.answer = (response) => response.writeHead(307, { location: secure.url }).end();
    expect(await call(plain.url)).toMatchObject({ kind: 'answered', status: 307 });
    expect(secure.calls).toEqual([]);
  });

  it('ends when nothing is ever answered', async () => {
    plain.answer = () => {};
    expect(await call(plain.url, local, 150)).toMatchObject({ kind: 'failed', reason: 'timeout' });
  });

  it('knows the status of an answer whose body never ends, drips or is huge, and keeps no more of it than asked', async () => {
    plain.answer = (response) => void response.writeHead(200).write('begun');
    const slow = await call(plain.url, local, 200);
    expect(slow).toMatchObject({ kind: 'answered', status: 200, isCut: true });
    expect(slow.kind === 'answered' && slow.body.toString()).toBe('begun');
    plain.answer = (response) => response.writeHead(500).end(Buffer.alloc(5_000_000, 'x'));
    const huge = await call(plain.url);
    expect(huge).toMatchObject({ kind: 'answered', status: 500, isCut: true });
    expect(huge.kind === 'answered' && huge.body.length).toBe(1_024);
  });

  it('fails when the other side hangs up, speaks no HTTP, or is not there', async () => {
    plain.answer = (response) => void response.socket?.destroy();
    expect(await call(plain.url)).toMatchObject({ kind: 'failed', reason: 'connection' });
    plain.answer = (response) => void response.socket?.end('SSH-2.0-OpenSSH\r\n');
    expect(await call(plain.url)).toMatchObject({ kind: 'failed', reason: 'connection' });
    const gone = await startListener();
    await gone.close();
    expect(await call(gone.url)).toMatchObject({ kind: 'failed', reason: 'connection', detail: 'ECONNREFUSED' });
  });

  it('fails when a name leads nowhere or takes too long to resolve', async () => {
    const unknown = createOutbound({
      resolve: () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' })),
    });
    expect(await call('https://shop.example/', unknown)).toMatchObject({
      kind: 'failed',
      reason: 'dns',
      detail: 'ENOTFOUND',
    });
    const silent = createOutbound({ resolve: () => new Promise(() => {}) });
    expect(await call('https://shop.example/', silent, 100)).toMatchObject({ kind: 'failed', reason: 'timeout' });
  });
});

describe('TLS', () => {
  it('trusts a certificate for the name only from a trusted authority', async () => {
    const resolve = () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]);
    const url = `https://shop.example:${secure.port}/hooks`;
    const trusting = createOutbound({ allow: LOOPBACK, resolve, authorities: [certificate.cert] });
    expect(await call(url, trusting)).toMatchObject({ kind: 'answered', status: 200 });
    expect(secure.calls[0]!.headers.host).toBe(`shop.example:${secure.port}`);
    expect(await call(url, createOutbound({ allow: LOOPBACK, resolve }))).toMatchObject({
      kind: 'failed',
      reason: 'tls',
    });
    const other = await call(`https://other.example:${secure.port}/hooks`, trusting);
    expect(other).toMatchObject({ kind: 'failed', reason: 'tls' });
    expect(secure.calls).toHaveLength(1);
  });
});

describe('a name', () => {
  const resolving = (...addresses: string[]) =>
    createOutbound({
      resolve: () => Promise.resolve(addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))),
    });

  it('that leads to a forbidden address is not called, whichever of its addresses that is', async () => {
    const before = plain.connections + secure.connections;
    for (const addresses of [
      ['127.0.0.1'],
      ['93.184.216.34', '10.0.0.1'],
      ['::1'],
      ['::ffff:127.0.0.1'],
      ['fe80::1%lo'],
    ]) {
      expect((await call(`https://shop.example:${secure.port}/`, resolving(...addresses))).kind).toBe('refused');
    }
    expect(plain.connections + secure.connections).toBe(before);
  });

  it('is told apart without naming the address it leads to', async () => {
    const result = await call('https://shop.example/', resolving('10.9.8.7'));
    expect(result).toEqual({ kind: 'refused', reason: 'shop.example must not be called: it is a private address' });
  });

  it('that changes its mind after it was judged is called at the judged address: rebinding gains nothing', async () => {
    let asked = 0;
    const rebinding = createOutbound({
      allow: ['127.0.0.2/32'],
      resolve: () => Promise.resolve([{ address: asked++ === 0 ? '127.0.0.2' : '127.0.0.1', family: 4 }]),
    });
    const before = secure.connections;
    // Nobody listens at 127.0.0.2: had the connection gone to what a second look says, it would have been made.
    const result = await call(`https://shop.example:${secure.port}/`, rebinding);
    expect(result).toMatchObject({ kind: 'failed', reason: 'connection', detail: 'ECONNREFUSED' });
    expect([asked, secure.connections]).toEqual([1, before]);
  });

  it('is not called without TLS, though it leads to an allowed address', async () => {
    const resolve = () => Promise.resolve([{ address: '10.0.0.5', family: 4 }]);
    const result = await call('http://shop.example:8080/', createOutbound({ allow: ['10.0.0.0/8'], resolve }));
    expect(result).toEqual({ kind: 'refused', reason: 'it must start with https://' });
  });
});

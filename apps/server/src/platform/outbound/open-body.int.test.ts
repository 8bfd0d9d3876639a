import { afterAll, beforeAll, expect, it } from 'vitest';
import { createOutbound } from './index.ts';
import { type Listener, startListener } from './testing/listener.ts';

let listener: Listener;
beforeAll(async () => {
  listener = await startListener();
});
afterAll(() => listener.close());

const local = createOutbound({ allow: ['127.0.0.0/8'] });
const limits = { timeoutMs: 5_000, idleMs: 5_000 };

async function read(more: Partial<typeof limits> = {}): Promise<string> {
  const opened = await local.open({ url: listener.url, headers: { 'x-asked': 'yes' }, ...limits, ...more });
  if (opened.kind !== 'answered') return `${opened.kind} ${'detail' in opened ? opened.detail : opened.reason}`;
  let text = '';
  try {
    for await (const chunk of opened.body) text += String(chunk);
  } catch (error) {
    return `${opened.status} ${text} ${(error as NodeJS.ErrnoException).code}`;
  }
  return `${opened.status} ${text}`;
}

it('an answer is read while it comes, to its end', async () => {
  listener.answer = (response, { headers }) => {
    response.writeHead(200).write('begun ');
    setImmediate(() => response.end(`ended ${String(headers['x-asked'])}`));
  };
  expect(await read()).toBe('200 begun ended yes');
});

it('an answer that never begins, stops, goes on for ever or breaks off is an end, never a wait', async () => {
  listener.answer = () => {};
  expect(await read({ idleMs: 60 })).toBe('failed no answer in time');
  expect(await read({ timeoutMs: 60 })).toBe('failed no answer in time');
  listener.answer = (response) => void response.writeHead(200).write('begun');
  expect(await read({ idleMs: 60 })).toBe('200 begun ETIMEDOUT');
  listener.answer = (response) => {
    response.writeHead(200);
    const drip = setInterval(() => response.write('.'), 5);
    response.on('close', () => clearInterval(drip));
  };
  expect(await read({ timeoutMs: 120 })).toMatch(/^200 \.+ ETIMEDOUT$/);
  listener.answer = (response) =>
    void response.writeHead(200, { 'content-length': 99 }).write('begun', () => response.destroy());
  expect(await read()).toBe('200 begun ECONNRESET');
});

it('an address that must not be called is not, though only a name leads there', async () => {
  const before = listener.connections;
  const resolve = () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]);
  const strict = createOutbound({ resolve });
  const opened = await strict.open({ url: `https://shop.example:${listener.port}/`, ...limits });
  expect(opened).toEqual({ kind: 'refused', reason: 'shop.example must not be called: it is a loopback address' });
  expect(listener.connections).toBe(before);
});

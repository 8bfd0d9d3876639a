// Events over real HTTP in batches of 100, 100,000 known profiles, 5 segments and 2 journeys live: how many a second are
// accepted, how many have all their effects, how late those are at half that load, and what the bare engine does.
import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { type BenchServer, type CpuSeconds, startBenchServer, WRITE_KEY } from './bench-server.ts';
import { type Figure, figure, percentile, report } from './report.ts';
import { manySegments } from './many-segments.ts';
import { Positions } from './positions.ts';
import { identifyEventJson, shopEventJson } from './shop-events.ts';

const PROFILES = Number(process.env['BENCH_PROFILES'] ?? 100_000);
/** Segments live beside the five that any run has: BENCH_SEGMENTS=200 says what they cost. */
const MORE_SEGMENTS = Math.max(0, Number(process.env['BENCH_SEGMENTS'] ?? 0) - 5);
const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 20);
const BATCH = 100;
const SENDERS = 12;

const agent = new Agent({ keepAlive: true, maxSockets: 64 });
const authorization = `Basic ${Buffer.from(`${WRITE_KEY}:`).toString('base64')}`;

function send(url: string, events: readonly string[]): Promise<void> {
  const body = `{"batch":[${events.join(',')}],"sentAt":"${new Date().toISOString()}"}`;
  return new Promise((resolve, reject) => {
    const call = request(
      `${url}/v1/batch`,
      {
        method: 'POST',
        agent,
        headers: { authorization, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      },
      (answer) => {
        answer.resume();
        answer.on('end', () =>
          answer.statusCode === 200 ? resolve() : reject(new Error(`status ${answer.statusCode}`)),
        );
      },
    );
    call.on('error', reject);
    call.end(body);
  });
}

async function setUp(server: BenchServer): Promise<void> {
  const segment = (name: string, rule: object) => server.api('POST', '/api/v1/segments', { name, rule });
  await segment('Bought lately', { event: 'Order Completed', within: { days: 30 } });
  await segment('Window shoppers', {
    all: [
      { event: 'Product Viewed', count: { atLeast: 3 }, within: { days: 7 } },
      { not: { event: 'Order Completed', within: { days: 7 } } },
    ],
  });
  await segment('Cart left behind', {
    all: [
      { event: 'Product Added', within: { hours: 1 } },
      { event: 'Order Completed', within: { hours: 1 }, count: { exactly: 0 } },
    ],
  });
  await segment('Plus customers', { trait: 'plan', op: 'equals', value: 'plus' });
  const vip = await segment('Big spenders', {
    event: 'Order Completed',
    where: [{ property: 'total', op: 'atLeast', value: 100 }],
    count: { atLeast: 2 },
  });
  for (const one of manySegments(MORE_SEGMENTS)) await segment(one.name, one.rule);
  const template = await server.api('POST', '/api/v1/templates', {
    name: 'Cart',
    subject: 'Your cart',
    html: '<p>Still there</p>',
  });
  const journey = async (name: string, graph: object) => {
    const made = await server.api('POST', '/api/v1/journeys', { name, graph });
    await server.api('POST', `/api/v1/journeys/${String(made['id'])}/publish`, {});
  };
  const steps = [
    { id: 'wait', kind: 'delay', duration: { hours: 1 }, next: 'mail' },
    { id: 'mail', kind: 'send', channel: 'email', template: template['id'], topic: 'marketing' },
  ];
  await journey('Cart recovery', {
    entry: { kind: 'event', event: 'Product Added' },
    key: 'cart_id',
    reentry: 'afterEnd',
    goal: { event: 'Order Completed' },
    start: 'wait',
    steps,
  });
  await journey('Big spender', {
    entry: { kind: 'segmentEntered', segment: vip['id'] },
    reentry: 'never',
    start: 'wait',
    steps,
  });
}

async function saturate(
  url: string,
  options: { senders: number; next: () => string[]; until: () => boolean },
): Promise<number> {
  let sent = 0;
  const sender = async (): Promise<void> => {
    while (!options.until()) {
      const events = options.next();
      await send(url, events);
      sent += events.length;
    }
  };
  await Promise.all(Array.from({ length: options.senders }, sender));
  return sent;
}

function batchOf(make: (timestamp: string) => string): string[] {
  const timestamp = new Date().toISOString();
  return Array.from({ length: BATCH }, () => make(timestamp));
}

const anyCustomer = (): number => Math.floor(Math.random() * PROFILES);

/** Customers who did everything before, several times: little that they do moves them into a segment or out of one. */
const REGULARS = 1_000;
const REGULARS_EVENTS = 100;
const anyRegular = (): number => Math.floor(Math.random() * Math.min(REGULARS, PROFILES));

/** From the commit of an event to the commit of all its effects, per lane, at a steady rate. */
async function latencies(url: string, positions: Positions, ratePerSecond: number): Promise<number[]> {
  const samples: number[] = [];
  const waiting = new Map<string, { head: number; at: number }[]>();
  const end = performance.now() + SECONDS * 1000;
  const watch = (async () => {
    while (performance.now() < end) {
      const rows = await positions.read();
      const now = performance.now();
      for (const row of rows) {
        const queue = waiting.get(row.lane) ?? [];
        waiting.set(row.lane, queue);
        if (row.head > (queue.at(-1)?.head ?? row.processed)) queue.push({ head: row.head, at: now });
        while (queue.length > 0 && queue[0]!.head <= row.processed) samples.push(now - queue.shift()!.at);
      }
      await pause(4);
    }
  })();
  const everyMs = (BATCH / ratePerSecond) * 1000;
  let due = performance.now();
  const sending = new Set<Promise<void>>();
  while (performance.now() < end) {
    const one = send(
      url,
      batchOf((at) => shopEventJson(anyCustomer(), at)),
    ).finally(() => sending.delete(one));
    sending.add(one);
    due += everyMs;
    await pause(Math.max(0, due - performance.now()));
  }
  await Promise.all([...sending, watch]);
  return samples;
}

/** The same events as rows of jsonb, 100 a statement, three connections: what the engine takes when nothing else is done. */
async function bareLimit(url: string): Promise<number> {
  const pool = new pg.Pool({ connectionString: url, max: 3 });
  await pool.query('create table bench_bare (id bigint generated always as identity, body jsonb)');
  const texts = Array.from({ length: 20 }, () => batchOf((at) => shopEventJson(anyCustomer(), at)));
  const insert = `insert into bench_bare (body) values ${Array.from({ length: BATCH }, (_, i) => `($${i + 1}::jsonb)`).join(',')}`;
  const end = performance.now() + Math.min(SECONDS, 8) * 1000;
  const start = performance.now();
  let rows = 0;
  const writer = async (): Promise<void> => {
    for (let i = 0; performance.now() < end; i++) {
      await pool.query({ name: 'bare', text: insert, values: texts[i % texts.length]! });
      rows += BATCH;
    }
  };
  await Promise.all([writer(), writer(), writer()]);
  const perSecond = rows / ((performance.now() - start) / 1000);
  await pool.query('drop table bench_bare');
  await pool.end();
  return perSecond;
}

interface Run {
  /** Events a second, acknowledged and with all their effects. */
  readonly accepted: number;
  readonly endToEnd: number;
  readonly events: number;
  readonly spent: CpuSeconds;
  readonly loadSeconds: number;
}

/** As many events as the server takes, of customers at random. */
async function measure(server: BenchServer, positions: Positions, customer = anyCustomer): Promise<Run> {
  const before = server.cpuSeconds();
  const ownBefore = process.cpuUsage();
  const start = performance.now();
  const end = start + SECONDS * 1000;
  const events = await saturate(server.url, {
    senders: SENDERS,
    next: () => batchOf((at) => shopEventJson(customer(), at)),
    until: () => performance.now() > end,
  });
  const accepted = events / ((performance.now() - start) / 1000);
  await positions.settled();
  const endToEnd = events / ((performance.now() - start) / 1000);
  const after = server.cpuSeconds();
  const own = process.cpuUsage(ownBefore);
  const spent = {
    server: after.server - before.server,
    postgres: after.postgres - before.postgres,
    clickhouse: after.clickhouse - before.clickhouse,
  };
  return { accepted, endToEnd, events, spent, loadSeconds: (own.user + own.system) / 1e6 };
}

/**
 * Where the other two find customers new to most rules, so that with 200 segments an event moves them in or out of seven, each
 * told by an event of its own. 200 segments against 5, events a second with all effects: 3,383 to 1,795 of newcomers, 4,120 to
 * 1,952 in visits, 4,693 to 3,621 of regulars; accepted 3,630 to 2,469. A flip costs 40 us of the server, an event 250. Server
 * us an event in visits with 200, one change after the other: 527; keys of all segments known once 468; what no stage hears
 * passed by without a look, and room for intake in the memory of the log 445. Within noise: not keeping what nobody hears
 * parsed, flips written by hand (0.7 us each), passing by without a copy.
 */
async function measureRegulars(server: BenchServer, positions: Positions): Promise<Run> {
  let told = 0;
  await saturate(server.url, {
    senders: 4,
    next: () => batchOf((at) => shopEventJson(told++ % REGULARS, at)),
    until: () => told >= REGULARS * REGULARS_EVENTS,
  });
  await positions.settled();
  return measure(server, positions, anyRegular);
}

/** Where the processor time of one event goes: steadier than events a second on a machine that is busy with other things. */
function cpuFigures({ events, spent, loadSeconds }: Run): Figure[] {
  const perEvent = (seconds: number) => (seconds / events) * 1e6;
  return [
    figure({ name: 'cpu_server', value: perEvent(spent.server), unit: 'us/event' }),
    figure({ name: 'cpu_postgres', value: perEvent(spent.postgres), unit: 'us/event' }),
    figure({ name: 'cpu_clickhouse', value: perEvent(spent.clickhouse), unit: 'us/event' }),
    figure({ name: 'cpu_load_generator', value: perEvent(loadSeconds), unit: 'us/event' }),
  ];
}

async function main(): Promise<void> {
  const server = await startBenchServer();
  const positions = new Positions(server.postgresUrl);
  const figures: Figure[] = [];
  let rssMb = 0;
  const memory = setInterval(() => (rssMb = Math.max(rssMb, server.rssMb())), 250);
  try {
    // While nobody is there: a rule that is defined costs no history then, and is live like any.
    await setUp(server);
    for (;;) {
      const segments = (await server.api('GET', '/api/v1/segments?limit=200'))['items'] as { status: string }[];
      if (segments.every((segment) => segment.status === 'live')) break;
      await pause(200);
    }
    let known = 0;
    await saturate(server.url, {
      senders: 4,
      next: () => batchOf((at) => identifyEventJson(known++, at)),
      until: () => known >= PROFILES,
    });
    await positions.settled();
    console.log(`${known} profiles known, ${5 + MORE_SEGMENTS} segments and 2 journeys live`);
    const limit = await bareLimit(server.postgresUrl);
    // Nearly every event here is the first of its customer's session, the dearest case there is: 290-305 us of the server
    // against 163 before sessions existed, 230 in the midst of visits. Of the difference sessions cost about 80 us (an event
    // of their own, and a state written for each), the observer and the webhooks reader about 27. Tried: derived traits made
    // when asked for and rules re-asked only where they read one (305 -> 290), emitted events handed on unparsed (within
    // noise), a larger heap (none).
    const cold = await measure(server, positions);
    figures.push(...cpuFigures(cold));
    figures.push(figure({ name: 'accepted', value: cold.accepted, unit: 'events/s', limit }));
    figures.push(
      figure({
        name: 'end_to_end',
        value: cold.endToEnd,
        unit: 'events/s',
        limit,
        target: { text: '>= 7000 and ratio >= 0.2', met: (value, ratio) => value >= 7000 && (ratio ?? 0) >= 0.2 },
      }),
    );
    const samples = await latencies(server.url, positions, cold.endToEnd / 2);
    figures.push(figure({ name: 'latency_p50_half_load', value: percentile(samples, 0.5), unit: 'ms' }));
    figures.push(
      figure({
        name: 'latency_p99_half_load',
        value: percentile(samples, 0.99),
        unit: 'ms',
        target: { text: '< 300', met: (value) => value < 300 },
      }),
    );
    // The same with every customer in the midst of a visit, as most events of a shop find them.
    let visiting = 0;
    await saturate(server.url, {
      senders: 4,
      next: () => batchOf((at) => shopEventJson(visiting++ % PROFILES, at)),
      until: () => visiting >= PROFILES,
    });
    await positions.settled();
    const warm = await measure(server, positions);
    figures.push({ ...cpuFigures(warm)[0]!, name: 'cpu_server_in_visits' });
    figures.push(figure({ name: 'end_to_end_in_visits', value: warm.endToEnd, unit: 'events/s', limit }));
    const regular = await measureRegulars(server, positions);
    figures.push({ ...cpuFigures(regular)[0]!, name: 'cpu_server_of_regulars' });
    figures.push(figure({ name: 'end_to_end_of_regulars', value: regular.endToEnd, unit: 'events/s', limit }));
    figures.push(
      figure({ name: 'server_rss', value: rssMb, unit: 'MB', target: { text: '< 700', met: (value) => value < 700 } }),
    );
  } finally {
    clearInterval(memory);
    await positions.close();
    await server.stop();
  }
  report('intake', figures);
}

await main();
process.exit(0);

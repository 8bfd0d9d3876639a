// A shop with history: how soon the members of a new rule are there, how soon it is live, how long a preview takes, and how
// many profiles a second leave a segment when only time passes. Sizes: BENCH_PROFILES, BENCH_EVENTS, BENCH_SEGMENTS.
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { type BenchServer, startBenchServer } from './bench-server.ts';
import { manySegments } from './many-segments.ts';
import { type Figure, figure, report } from './report.ts';
import { type AskHistory, askHistoryAt, type DataSize, fillHistory, fillPostgres } from './segment-data.ts';

const PROFILES = Number(process.env['BENCH_PROFILES'] ?? 1_000_000);
const EVENTS = Number(process.env['BENCH_EVENTS'] ?? 20 * PROFILES);
const SEGMENTS = Number(process.env['BENCH_SEGMENTS'] ?? 200);
const TRIALS = Math.min(30_000, PROFILES);
const DAY_MS = 86_400_000;

/** No leaf of these is one of the many segments': it has history to be counted. */
const over = (total: number) => ({ where: [{ property: 'total', op: 'atLeast', value: total }] });
const FIVE_LEAVES = {
  all: [
    { event: 'Product Viewed', ...over(20), count: { atLeast: 4 }, within: { days: 30 } },
    { event: 'Product Added', ...over(20), within: { days: 30 } },
    {
      any: [
        { event: 'Order Completed', ...over(100) },
        { event: 'Checkout Started', ...over(20), within: { days: 14 } },
      ],
    },
    { trait: 'plan', op: 'equals', value: 'basic' },
  ],
};

/** The same question as somebody would write it by hand, in one scan. */
function bareQuery({ workspaceId, nowMs }: DataSize): string {
  const since = (days: number) => `occurred_ms > ${nowMs - days * DAY_MS}`;
  const total = `JSONExtractFloat(payload, 'properties', 'total')`;
  return `select count() from (
    select profile_id,
      countIf(name = 'Product Viewed' and ${since(30)} and ${total} >= 20) as viewed,
      countIf(name = 'Product Added' and ${since(30)} and ${total} >= 20) as added,
      countIf(name = 'Order Completed' and ${total} >= 100) as ordered,
      countIf(name = 'Checkout Started' and ${since(14)} and ${total} >= 20) as begun,
      argMaxIf(JSONExtractString(payload, 'traits', 'plan'), occurred_ms, type = 'identify') as plan
    from history_events e join (select node, profile_id from history_nodes where workspace_id = ${workspaceId}) n on n.node = e.node
    where workspace_id = ${workspaceId}
      and (type = 'identify' or name in ('Product Viewed', 'Product Added', 'Order Completed', 'Checkout Started'))
    group by profile_id
    having viewed >= 4 and added > 0 and (ordered > 0 or begun > 0) and plan = 'basic')`;
}

async function seconds<T>(work: () => Promise<T>): Promise<[number, T]> {
  const begun = performance.now();
  const value = await work();
  return [(performance.now() - begun) / 1000, value];
}

async function until(isSo: () => Promise<boolean>, everyMs = 100): Promise<void> {
  while (!(await isSo())) await pause(everyMs);
}

/** Defines a segment and measures when its members are there, and when it is live. */
async function measureFill(
  server: BenchServer,
  rule: object,
): Promise<{ id: string; visible: number; live: number; members: number }> {
  const begun = performance.now();
  const id = String((await server.api('POST', '/api/v1/segments', { name: `Measured ${begun}`, rule }))['id']);
  let visible = 0;
  let last: Record<string, unknown> = {};
  await until(async () => {
    last = await server.api('GET', `/api/v1/segments/${id}`);
    if (visible === 0 && Number(last['members']) > 0) visible = (performance.now() - begun) / 1000;
    return last['status'] === 'live';
  });
  return { id, visible, live: (performance.now() - begun) / 1000, members: Number(last['members']) };
}

async function measureFlips(server: BenchServer, size: DataSize): Promise<number> {
  // The window of everybody's only such event ends at one instant: some time after the segment will be live.
  const endsAt = Date.now() + 20_000 + PROFILES / 20;
  const within = { seconds: Math.ceil((endsAt - size.nowMs) / 1000) };
  const { id, members } = await measureFill(server, { event: 'Trial Began', within });
  const dueAt = size.nowMs + within.seconds * 1000;
  if (members !== TRIALS || Date.now() > dueAt)
    throw new Error(`${members} of ${TRIALS} are in before the window ends`);
  await pause(dueAt - Date.now());
  await until(async () => Number((await server.api('GET', `/api/v1/segments/${id}`))['members']) === 0, 50);
  return TRIALS / ((Date.now() - dueAt) / 1000);
}

async function setUp(server: BenchServer, client: pg.Client, ask: AskHistory): Promise<DataSize> {
  const { rows } = await client.query<{ id: number }>('select min(id) as id from workspace');
  // While nobody is there: a rule that is defined costs no history then, and is live like any.
  for (const one of manySegments(SEGMENTS)) await server.api('POST', '/api/v1/segments', one);
  await until(async () => {
    const left = await client.query<{ n: number }>(`select count(*)::int as n from segment where status <> 'live'`);
    return left.rows[0]!.n === 0;
  });
  const size = { workspaceId: rows[0]!.id, profiles: PROFILES, events: EVENTS, trials: TRIALS, nowMs: Date.now() };
  const [inPostgres] = await seconds(() => fillPostgres(client, size));
  const [inHistory] = await seconds(() => fillHistory(ask, size));
  console.log(
    `${PROFILES} profiles in ${inPostgres.toFixed(1)} s, ${EVENTS} events in ${inHistory.toFixed(1)} s, ${SEGMENTS} segments live`,
  );
  return size;
}

async function main(): Promise<void> {
  const server = await startBenchServer();
  const client = new pg.Client({ connectionString: server.postgresUrl });
  await client.connect();
  const ask = askHistoryAt(server.clickhouseUrl);
  const figures: Figure[] = [];
  try {
    const size = await setUp(server, client, ask);
    const bare = bareQuery(size);
    await ask(bare);
    const [limit, expected] = await seconds(() => ask(bare));
    const [previewTime, preview] = await seconds(() =>
      server.api('POST', '/api/v1/segments/preview', { rule: FIVE_LEAVES }),
    );
    const target = { text: '< 2', met: (value: number) => value < 2 };
    figures.push(figure({ name: 'preview', value: previewTime, unit: 's', limit, target }));
    const filled = await measureFill(server, FIVE_LEAVES);
    console.log(
      `members: ${filled.members}; the bare query finds ${expected}, the preview ${String(preview['members'])} (exact: ${String(preview['isExact'])})`,
    );
    figures.push(
      figure({
        name: 'members_visible',
        value: filled.visible,
        unit: 's',
        limit,
        target: { text: 'ratio <= 3', met: (_value, ratio) => (ratio ?? 0) <= 3 },
      }),
      figure({ name: 'live', value: filled.live, unit: 's', target: { text: '< 60', met: (value) => value < 60 } }),
    );
    const flips = await measureFlips(server, size);
    figures.push(
      figure({
        name: 'flips_by_time',
        value: flips,
        unit: 'per second',
        target: { text: '>= 2000', met: (value) => value >= 2_000 },
      }),
    );
    figures.push(figure({ name: 'server_rss', value: server.rssMb(), unit: 'MB' }));
  } finally {
    await client.end();
    await server.stop();
  }
  report('segments', figures);
}

await main();
process.exit(0);

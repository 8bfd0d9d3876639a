import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createApiClient } from './testing/api-client.ts';
import { type Audit, openAudit } from './testing/crash-audit.ts';
import { type Load, type LoadOptions, startLoad } from './testing/crash-load.ts';
import { createFleet, type Fleet } from './testing/fleet.ts';
import type { ServerProcess } from './testing/server-process.ts';
import { until } from './testing/until.ts';

/** What the product promises after a kill -9. */
const TAKEOVER_MS_MAX = 10_000;
/** One that hangs in the midst of a transaction is cut off by PostgreSQL after 15 s; then the others catch up. */
const HANG_MS_MAX = 25_000;
const QUIET_DEADLINE_MS = 60_000;
const LANES = 32;
const LOAD: Omit<LoadOptions, 'url'> = {
  seed: 7,
  shoppers: 24,
  countedEach: 400,
  knownAfter: 50,
  triedEvery: 10_000,
  cartEvery: 10_000,
  restMs: 100,
};

let fleet: Fleet;
let audit: Audit;
let load: Load;
let calledOff: AbortController;

beforeEach(() => {
  calledOff = new AbortController();
});

afterEach(async () => {
  calledOff.abort();
  await load?.done.catch(() => undefined);
  await audit?.close();
  await fleet?.remove();
}, 60_000);

/** Until every lane is held and no process holds more than its share. */
async function becomeEven(workers: number): Promise<number> {
  const begunAt = performance.now();
  let seen: number[] = [];
  await until(
    `${workers} workers hold ${LANES} lanes in even shares`,
    async () => {
      seen = [...(await audit.lanesByOwner()).values()];
      return seen.length === workers && seen.every((lanes) => lanes === LANES / workers);
    },
    { timeoutMs: TAKEOVER_MS_MAX, seen: () => seen },
  );
  return Math.round(performance.now() - begunAt);
}

/** Until every lane is processed as far as it reached when this was called; answers the milliseconds. */
async function becomeProcessed(timeoutMs: number): Promise<number> {
  const begunAt = performance.now();
  const heads = (await audit.lanes()).map(({ head }) => head);
  let behind = 0;
  await until(
    'what was in the log is processed, in every lane',
    async () => {
      behind = (await audit.lanes()).filter(({ seq }, lane) => seq < heads[lane]!).length;
      return behind === 0;
    },
    { timeoutMs, seen: () => ({ lanesBehind: behind }) },
  );
  return Math.round(performance.now() - begunAt);
}

async function becomeQuiet(): Promise<void> {
  let seen: unknown;
  await until(
    'everything is processed and archived',
    async () => {
      const open = await audit.openWork();
      seen = open;
      return open.unprocessed === 0 && open.unarchived === 0;
    },
    { timeoutMs: QUIET_DEADLINE_MS, seen: () => seen },
  );
}

const progress = async (): Promise<void> => {
  const before = load.acknowledged();
  const goal = Math.min(before + 200, load.expected);
  await until('more events are acknowledged', async () => load.acknowledged() >= goal, { timeoutMs: 30_000 });
};

describe('two api and two worker processes on the same engines under load', () => {
  test('lose nothing and double nothing, whichever is killed or hangs, and share the lanes evenly again within 10 s', async () => {
    fleet = await createFleet();
    const apis = [await fleet.start('api'), await fleet.start('api')];
    const workers = [await fleet.start('worker'), await fleet.start('worker')];
    audit = openAudit(fleet);
    const client = createApiClient(apis[1]!.url);
    const { id: segmentId } = await client.post<{ id: string }>('/segments', {
      name: 'Counted all',
      rule: { event: 'Counted', count: { exactly: LOAD.countedEach } },
    });
    let turn = 0;
    load = startLoad({ ...LOAD, url: () => apis[turn++ % apis.length]!.url }, calledOff.signal);
    await becomeEven(2);
    await progress();

    await workers[0]!.kill();
    const killed = await becomeProcessed(TAKEOVER_MS_MAX);
    await becomeEven(1);
    await progress();

    workers[0] = await fleet.start('worker');
    const joined = await becomeEven(2);
    await progress();

    workers[1]!.signal('SIGSTOP');
    const hung = await becomeProcessed(HANG_MS_MAX);
    workers[1]!.signal('SIGCONT');
    await becomeEven(2);
    await progress();

    await apis[0]!.kill();
    apis.shift();
    await load.done;
    expect(load.failures()).toBeGreaterThan(0);
    await becomeQuiet();
    process.stdout.write(
      `lanes processed again ${killed} ms after a kill -9, ${hung} ms after a hang; even ${joined} ms after a worker joined; ` +
        `${load.events.length} events, ${load.failures()} attempts repeated\n`,
    );
    await expectNothingLostOrDoubled(load);

    const profiles = await client.list<{ id: string }>('/profiles');
    expect(profiles.length).toBe(LOAD.shoppers);
    const members = await client.list<{ profileId: string }>(`/segments/${segmentId}/members`);
    expect(members.map(({ profileId }) => profileId).sort()).toEqual(profiles.map(({ id }) => id).sort());
  });

  test('are restarted one after the other without a failed request and without a lost event', async () => {
    fleet = await createFleet({ SEGUE_DRAIN_MS: '1000' });
    const running = [
      ...[await fleet.start('api'), await fleet.start('api')],
      ...[await fleet.start('worker'), await fleet.start('worker')],
    ];
    audit = openAudit(fleet);
    const balancer = startBalancer(() => running.slice(0, 2));
    load = startLoad({ ...LOAD, url: balancer.next }, calledOff.signal);
    await becomeEven(2);
    const stopsMs: number[] = [];
    for (const place of running.keys()) {
      await progress();
      const stream = place < 2 ? openStream(running[place]!.url) : undefined;
      await stream?.opened;
      const begunAt = performance.now();
      expect(await running[place]!.stop()).toBe(0);
      stopsMs.push(Math.round(performance.now() - begunAt));
      // Ended, not cut: the reader comes back and asks for the newest.
      await stream?.ended;
      const held = new Set((await audit.lanesByOwner()).keys());
      expect(held.size).toBeLessThanOrEqual(place < 2 ? 2 : 1);
      running[place] = await fleet.start(place < 2 ? 'api' : 'worker');
      if (place >= 2) await becomeEven(2);
    }
    await load.done;
    balancer.stop();
    await becomeQuiet();
    process.stdout.write(`stopped within ${stopsMs.join(', ')} ms under load, 1000 of them draining\n`);
    expect([...load.failureKinds()].filter(([kind]) => kind !== 'ECONNREFUSED')).toEqual([]);
    await expectNothingLostOrDoubled(load);
  });
});

async function expectNothingLostOrDoubled({ events }: Load): Promise<void> {
  const archived = (await audit.archivedEvents()).filter(({ log }) => log === 0).map(({ message_id }) => message_id);
  expect(archived.sort()).toEqual(events.map(({ messageId }) => messageId).sort());
  expect(events.filter(({ ackedAtMs }) => ackedAtMs === undefined)).toEqual([]);
  expect(await audit.intakeHeads()).toBe(events.length);
  expect(await audit.deadLetters()).toBe(0);
}

/** What stands before an API in earnest: asks for health all the time and gives out only who says that it is well. */
function startBalancer(servers: () => readonly ServerProcess[]): { next: () => string; stop: () => void } {
  const healthy = new Set<string>();
  let turn = 0;
  const look = async (): Promise<void> => {
    for (const { url } of servers()) {
      const isWell = await fetch(`${url}/api/health`, { signal: AbortSignal.timeout(1_000) }).then(
        async (response) => (await response.arrayBuffer(), response.ok),
        () => false,
      );
      if (isWell) healthy.add(url);
      else healthy.delete(url);
    }
  };
  const timer = setInterval(() => void look(), 100);
  return {
    next: () => {
      const current = servers().map(({ url }) => url);
      const well = current.filter((url) => healthy.has(url));
      const choice = well.length > 0 ? well : current;
      return choice[turn++ % choice.length]!;
    },
    stop: () => clearInterval(timer),
  };
}

function openStream(url: string): { opened: Promise<void>; ended: Promise<void> } {
  const response = fetch(`${url}/api/v1/stream`, { headers: { authorization: 'Bearer ak_of_the_tests' } });
  return {
    opened: response.then(({ status }) => expect(status).toBe(200)),
    ended: response.then(async (answer) => void (await answer.text())),
  };
}

import { setTimeout as pause } from 'node:timers/promises';
import { signalProcess } from '../../platform/embedded/process-identity.ts';
import type { Load } from './crash-load.ts';
import type { DataFolder } from './data-folder.ts';
import type { KeptServer } from './kept-server.ts';
import { seededRandom, shuffle } from './random.ts';
import { until } from './until.ts';

/** What a kill -9 hits. `backend` is one PostgreSQL process in the midst of a statement. */
export type Target = 'server' | 'postgres' | 'backend' | 'clickhouse' | 'server and postgres';

/** Strikes fall at even shares of the load, so that work has gone on between any two. */
const STRIKE_DEADLINE_MS = 60_000;
const JITTER_MS = 250;

/** Kills the targets in an order the seed decides while the load goes on. Answers that order. */
export async function strike(options: {
  server: KeptServer;
  folder: DataFolder;
  load: Pick<Load, 'acknowledged' | 'expected'>;
  targets: readonly Target[];
  seed: number;
}): Promise<readonly Target[]> {
  const { server, folder, load, seed } = options;
  const random = seededRandom(seed);
  const targets = shuffle(options.targets, random);
  for (const [index, target] of targets.entries()) {
    const share = Math.floor((load.expected * (index + 0.5)) / (targets.length + 0.5));
    await until(
      `${share} events are acknowledged before ${target} is killed`,
      async () => load.acknowledged() >= share,
      {
        timeoutMs: STRIKE_DEADLINE_MS,
        seen: load.acknowledged,
      },
    );
    await pause(random() * JITTER_MS);
    await hit(target, { server, folder, random });
  }
  return targets;
}

async function hit(
  target: Target,
  options: { server: KeptServer; folder: DataFolder; random: () => number },
): Promise<void> {
  const { server, folder, random } = options;
  switch (target) {
    case 'server':
      await server.kill();
      return server.start();
    case 'postgres':
      return killOne('the postmaster', () => folder.postmaster());
    case 'backend':
      return killOne('a backend', () => shuffle(folder.backends(), random)[0]);
    case 'clickhouse':
      return killOne('the history engine', () => folder.clickhouse());
    case 'server and postgres':
      await killOne('the postmaster', () => folder.postmaster());
      await server.kill();
      return server.start();
  }
}

async function killOne(what: string, find: () => number | undefined): Promise<void> {
  const pid = await until(`${what} is alive`, async () => find(), { timeoutMs: STRIKE_DEADLINE_MS });
  signalProcess(pid, 'SIGKILL');
}

import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../logger/index.ts';
import { signalProcess } from './process-identity.ts';

export interface Engine {
  readonly name: string;
  readonly logger: Logger;
  /** Starts the process; resolves when it serves. Must clear away what an earlier one left. */
  launch(): Promise<ChildProcess>;
  /** What asks it to end well. */
  readonly stopSignal: NodeJS.Signals;
  readonly stopTimeoutMs: number;
}

export interface RunningEngine {
  readonly pid: number;
  stop(): Promise<void>;
}

const restartDelaysMs = [0, 100, 250, 500, 1_000, 2_000, 5_000];
/** After this long the next death counts as a first one again. */
const steadyMs = 60_000;

/** Starts an engine and starts it again whenever it dies, until it is stopped. Throws when the first start fails. */
export async function supervise(engine: Engine): Promise<RunningEngine> {
  let child = await engine.launch();
  let isStopping = false;
  const keepAlive = async () => {
    let deaths = 0;
    while (!isStopping) {
      const servedMs = await untilExit(child);
      if (isStopping) return;
      deaths = servedMs > steadyMs ? 0 : deaths;
      engine.logger.error({ engine: engine.name, code: child.exitCode, signal: child.signalCode }, 'engine died');
      const next = await relaunch(engine, deaths, () => isStopping);
      if (!next) return;
      child = next;
      deaths += 1;
    }
  };
  const watch = keepAlive();
  return {
    get pid() {
      return child.pid ?? 0;
    },
    stop: async () => {
      isStopping = true;
      // A restart under way is let finish: half-started engines are what orphans are made of.
      const stopped = stopChild(engine, child);
      await watch;
      await stopped;
      await stopChild(engine, child);
    },
  };
}

async function relaunch(engine: Engine, deaths: number, isStopping: () => boolean): Promise<ChildProcess | undefined> {
  for (let attempt = deaths; !isStopping(); attempt += 1) {
    await delay(restartDelaysMs[Math.min(attempt, restartDelaysMs.length - 1)]);
    if (isStopping()) return undefined;
    try {
      const child = await engine.launch();
      engine.logger.info({ engine: engine.name, pid: child.pid }, 'engine restarted');
      return child;
    } catch (error) {
      engine.logger.error({ engine: engine.name, error }, 'engine did not restart');
    }
  }
  return undefined;
}

async function untilExit(child: ChildProcess): Promise<number> {
  const startedAt = performance.now();
  if (!hasExited(child)) await new Promise((resolve) => child.once('exit', resolve));
  return performance.now() - startedAt;
}

/** Asks the process to end, kills it when it is deaf. */
async function stopChild(engine: Engine, child: ChildProcess): Promise<void> {
  if (hasExited(child) || child.pid === undefined) return;
  const { pid } = child;
  const timer = setTimeout(() => {
    engine.logger.warn({ engine: engine.name, pid }, 'engine did not stop in time and is killed');
    signalProcess(pid, 'SIGKILL');
  }, engine.stopTimeoutMs);
  signalProcess(pid, engine.stopSignal);
  await untilExit(child);
  clearTimeout(timer);
}

const hasExited = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null;

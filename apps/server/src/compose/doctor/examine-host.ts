import { accessSync, constants, existsSync, readFileSync, statfsSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { totalmem } from 'node:os';
import { dirname } from 'node:path';
import { type Config, secretFile } from '../../platform/config/index.ts';
import { examine, fail, type Finding, type Judgement, ok, warn } from './finding.ts';

const GB = 1024 ** 3;
const ASK_TIMEOUT_MS = 3_000;

/** What the machine gives: room, memory, files, the port, the name it is reached under. */
export async function examineHost(config: Config): Promise<Finding[]> {
  const isEmbedded = config.postgresUrl === undefined || config.clickhouseUrl === undefined;
  return Promise.all([
    examine('data folder', () => judgeFolder(config.dataDir), 'set SEGUE_DATA_DIR to a folder this user may write in'),
    examine('memory', () => judgeMemory(memoryBytes(), isEmbedded), 'look at the limits of this machine'),
    examine('open files', () => judgeOpenFiles(openFilesMax()), 'raise the limit with "ulimit -n 65536"'),
    ...(config.roles.includes('api')
      ? [
          examine(`port ${config.port}`, () => judgePort(config), 'set SEGUE_PORT to a port this user may listen on'),
          examine('public URL', () => judgePublicUrl(config), 'see that SEGUE_PUBLIC_URL leads here'),
          examine('proxy', () => judgeProxy(config), 'set SEGUE_TRUST_PROXY'),
        ]
      : []),
  ]);
}

function judgeFolder(folder: string): Judgement {
  let existing = folder;
  while (!existsSync(existing)) existing = dirname(existing);
  accessSync(existing, constants.W_OK | constants.X_OK);
  const { bavail, bsize } = statfsSync(existing);
  const room = judgeRoom(folder, bavail * bsize);
  const secret = secretFile(folder);
  if (room.status === 'ok' && existsSync(secret) && (statSync(secret).mode & 0o077) !== 0) {
    return warn(`${secret} can be read by others`, `chmod 600 ${secret}`);
  }
  return room;
}

/** An accepted event needs room: a full disk refuses intake. Pure. */
export function judgeRoom(folder: string, freeBytes: number): Judgement {
  const text = `${folder}, ${(freeBytes / GB).toFixed(1)} GB free`;
  if (freeBytes < GB) return fail(text, 'make room: 1 GB or more is needed, or set SEGUE_DATA_DIR to another disk');
  if (freeBytes < 5 * GB) return warn(text, 'make room soon: engines that run out of it stop accepting events');
  return ok(text);
}

/** The limit of the container when there is one, else the machine's memory. */
function memoryBytes(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/** The server itself stays below half a gigabyte; embedded engines want as much again and more. Pure. */
export function judgeMemory(bytes: number, isEmbedded: boolean): Judgement {
  const text = `${(bytes / GB).toFixed(1)} GB`;
  const [least, well] = isEmbedded ? [1.5 * GB, 3 * GB] : [0.7 * GB, GB];
  const remedy = `give it ${(well / GB).toFixed(0)} GB${isEmbedded ? ', or run the engines elsewhere' : ''}`;
  return bytes < least ? fail(text, remedy) : bytes < well ? warn(text, remedy) : ok(text);
}

/** Undefined where the system does not say. */
function openFilesMax(): number | undefined {
  try {
    const soft = /^Max open files +(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
  } catch {
    return undefined;
  }
}

/** Each open connection is a file, and ClickHouse opens one for each part of a column. Pure. */
export function judgeOpenFiles(limit: number | undefined): Judgement {
  if (limit === undefined) return ok('this system does not say');
  const remedy = 'raise the limit: "ulimit -n 65536", or LimitNOFILE of the service';
  return limit < 1_024 ? fail(String(limit), remedy) : limit < 4_096 ? warn(String(limit), remedy) : ok(String(limit));
}

interface Health {
  readonly status?: string;
  readonly accepting?: boolean;
  readonly history?: boolean;
}

/** What the health route at this address says; undefined when nobody or somebody else answers. */
export async function askHealth(url: string): Promise<Health | undefined> {
  try {
    const answer = await fetch(`${url}/api/health`, { signal: AbortSignal.timeout(ASK_TIMEOUT_MS) });
    const health = (await answer.json()) as Health | null;
    return typeof health?.accepting === 'boolean' ? health : undefined;
  } catch {
    return undefined;
  }
}

async function judgePort({ host, port }: Config): Promise<Judgement> {
  if (await isFree(port, host)) return ok('free');
  const health = await askHealth(localUrl({ host, port }));
  if (health === undefined) return fail('taken by another program', 'stop it, or set SEGUE_PORT to another port');
  if (health.accepting !== true)
    return fail(`Segue answers, but is ${health.status}`, 'see its log, and what is said here');
  if (health.history === false) return warn('Segue runs, its history does not answer', 'see that ClickHouse runs');
  return ok('Segue is running');
}

export function localUrl({ host, port }: { host: string; port: number }): string {
  const isEvery = host === '0.0.0.0' || host === '::';
  const name = isEvery ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${port}`;
}

function isFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(false) : reject(error),
    );
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}

const isLoopback = (host: string) => /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(host);

/**
 * Segue speaks no TLS itself: behind https stands a proxy, and unless that is believed everybody has its address. Then
 * all share the tries of one place when they sign in, and no event says where its customer is. Pure.
 */
export function judgeProxy({ publicUrl, trustProxy }: Pick<Config, 'publicUrl' | 'trustProxy'>): Judgement {
  if (trustProxy !== undefined) return ok('believed as SEGUE_TRUST_PROXY says');
  if (!publicUrl.startsWith('https:')) return ok('none is believed');
  return warn(
    `${publicUrl} is reached through a proxy, but none is believed: customers and members all have its address`,
    'set SEGUE_TRUST_PROXY to how many proxies stand before this server (1), or to their networks (10.0.0.0/8)',
  );
}

async function judgePublicUrl(config: Config): Promise<Judgement> {
  const { protocol, hostname, pathname } = new URL(config.publicUrl);
  if (isLoopback(hostname)) {
    if (config.smtpUrl === undefined || config.clock !== undefined) return ok(`${config.publicUrl}, for trying it out`);
    return warn(
      `links in mail lead to ${config.publicUrl}`,
      'set SEGUE_PUBLIC_URL to where customers reach this server',
    );
  }
  if (pathname !== '/' && pathname !== '') {
    return fail(`${config.publicUrl} has a path`, 'give SEGUE_PUBLIC_URL a host name of its own, without a path');
  }
  if ((await askHealth(localUrl(config))) === undefined)
    return ok(`${config.publicUrl}, not asked: Segue is not running`);
  if ((await askHealth(config.publicUrl)) === undefined) {
    return fail(
      `${config.publicUrl} does not lead to Segue`,
      'see to DNS and the proxy before it, or mend SEGUE_PUBLIC_URL',
    );
  }
  if (protocol === 'http:')
    return warn(`${config.publicUrl} is not encrypted`, 'put a certificate before it: https://');
  return ok(`${config.publicUrl} leads here`);
}

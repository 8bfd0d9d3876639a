import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { makeDataDir } from './make-data-dir.ts';
import {
  accountForPostgres,
  canPassTo,
  capabilityToPass,
  commandAs,
  commandThroughClosedFolders,
  type Account,
  type Command,
} from './postgres-account.ts';
import {
  copyPostgresPackage,
  findPostgresPackage,
  makeLibraryLinks,
  type PostgresPackage,
} from './postgres-binaries.ts';

/** Where an embedded PostgreSQL lives and how its programs are started. */
export interface PostgresHome {
  readonly dataDir: string;
  readonly pgData: string;
  readonly majorVersion: string;
  /** Set when the engine runs as another OS user, who then owns its files. */
  readonly account: Account | undefined;
  command(program: 'initdb' | 'postgres', args: readonly string[]): Command;
}

/** Settles who runs the engine and from where, once, before anything is started. */
export function settlePostgresHome(folder: string, found: PostgresPackage = findPostgresPackage()): PostgresHome {
  const dataDir = makeDataDir(folder);
  const pgData = join(dataDir, 'postgres');
  const account = accountForPostgres(pgData);
  const through = account && !canPassTo(pgData, account) ? capabilityOrRefuse(account, dataDir) : undefined;
  const wrap = (file: string, args: readonly string[]) =>
    account && through ? commandThroughClosedFolders(account, through, { file, args }) : commandAs(account, file, args);
  const packageDir = settleBinaries(found, { dataDir, account, wrap });
  return {
    dataDir,
    pgData,
    majorVersion: found.version.split('.')[0] ?? found.version,
    account,
    command: (program, args) => wrap(join(packageDir, 'native/bin', program), args),
  };
}

function capabilityOrRefuse(account: Account, dataDir: string): string {
  const capability = capabilityToPass(account);
  if (capability) return capability;
  throw new Error(
    `PostgreSQL cannot run as root, and the OS user "${account.name}" it would run as cannot reach ${dataDir}, because ` +
      'a folder above it is closed to others. Set SEGUE_DATA_DIR to a folder all may pass to (such as /var/lib/segue), ' +
      'run Segue as another user, or set SEGUE_POSTGRES_URL.',
  );
}

type Wrap = (file: string, args: readonly string[]) => Command;

interface Settlers {
  readonly dataDir: string;
  readonly account: Account | undefined;
  readonly wrap: Wrap;
}

/**
 * Folders that only root writes to, for the binaries when both the checkout and the data folder are closed to the
 * engine's OS user: PostgreSQL asks with access(2), which knows no capabilities, whether it may run its own files.
 */
const rootCacheDirs = ['/var/cache/segue', '/var/lib/segue/cache'];

/** The package's own folder when it works from there, else a copy (a checkout below /root, a read-only image). */
function settleBinaries(found: PostgresPackage, { dataDir, account, wrap }: Settlers): string {
  const problemAt = (packageDir: string) => {
    const program = join(packageDir, 'native/bin/postgres');
    if (account && !canPassTo(program, account)) return `the OS user "${account.name}" cannot reach ${program}`;
    return whyItDoesNotRun(wrap(program, ['--version']));
  };
  if (makeLibraryLinks(found.dir) && problemAt(found.dir) === undefined) return found.dir;
  const problems: string[] = [];
  for (const cacheDir of [join(dataDir, 'cache'), ...(account ? rootCacheDirs : [])]) {
    if (account && !canPassTo(join(cacheDir, 'x'), account)) continue;
    const packageDir = copyPostgresPackage(found, cacheDir);
    const problem = problemAt(packageDir);
    if (problem === undefined) return packageDir;
    problems.push(problem);
  }
  throw new Error(
    `The embedded PostgreSQL does not start on this machine (${problems.join('; ') || `closed folders around ${found.dir}`}). ` +
      'Run Segue as another user, move it to a folder all may pass to, or set SEGUE_POSTGRES_URL.',
  );
}

function whyItDoesNotRun({ file, args, ...options }: Command): string | undefined {
  const answer = spawnSync(file, args, { ...options, encoding: 'utf8', timeout: 10_000, cwd: '/' });
  return answer.status === 0 ? undefined : (answer.error?.message ?? answer.stderr.trim());
}

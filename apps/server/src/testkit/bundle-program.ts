import { basename, join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '../../../..');

/**
 * Makes a TypeScript program runnable by `node`, with the history engine's child beside it as in a build, so that a test
 * can start and kill it. Returns its path.
 */
export async function bundleProgram(entry: string): Promise<string> {
  const name = basename(entry, '.ts');
  const outdir = join(root, 'node_modules/.cache/segue', `${name}.${process.pid}`);
  await build({
    entryPoints: { [name]: entry, 'chdb-child': join(root, 'apps/server/src/platform/embedded/chdb-child.ts') },
    outdir,
    bundle: true,
    packages: 'external',
    platform: 'node',
    target: 'node20',
    format: 'esm',
    loader: { '.sql': 'text' },
    logLevel: 'error',
  });
  return join(outdir, `${name}.js`);
}

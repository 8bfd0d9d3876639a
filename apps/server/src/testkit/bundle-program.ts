import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

const cache = join(import.meta.dirname, '../../../../node_modules/.cache/segue');

/** Makes a TypeScript program runnable by `node`, as a build would, so that a test can start and kill it. Returns its path. */
export async function bundleProgram(entry: string): Promise<string> {
  const outfile = join(cache, `${basename(entry, '.ts')}.${process.pid}.mjs`);
  mkdirSync(cache, { recursive: true });
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    target: 'node20',
    format: 'esm',
    loader: { '.sql': 'text' },
    logLevel: 'error',
  });
  return outfile;
}

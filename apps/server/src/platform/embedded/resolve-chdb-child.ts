import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

/**
 * The script of the history engine's child: beside the server in a build; bundled on the spot when the server runs from
 * its sources.
 */
export async function resolveChdbChild(): Promise<string> {
  const built = join(here, 'chdb-child.js');
  return existsSync(built) ? built : bundleChild();
}

async function bundleChild(): Promise<string> {
  const { build } = await import('esbuild');
  const dir = join(here, '../../../../../node_modules/.cache/segue');
  const file = join(dir, 'chdb-child.mjs');
  const draft = join(dir, `chdb-child.${process.pid}.mjs`);
  mkdirSync(dir, { recursive: true });
  await build({
    entryPoints: [join(here, 'chdb-child.ts')],
    outfile: draft,
    bundle: true,
    packages: 'external',
    platform: 'node',
    target: 'node20',
    format: 'esm',
    logLevel: 'error',
  });
  renameSync(draft, file);
  return file;
}

// Bundles each program into one file beside its package: our own code inside, npm packages outside.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from './bundle.mjs';

const root = join(import.meta.dirname, '..');

const programs = [
  { entry: 'apps/server/src/main.ts', outfile: 'apps/server/dist/server.js' },
  { entry: 'apps/server/src/platform/embedded/chdb-child.ts', outfile: 'apps/server/dist/chdb-child.js' },
  { entry: 'packages/sandbox/src/main.ts', outfile: 'packages/sandbox/dist/sandbox.js' },
];

await Promise.all(
  programs
    .map(({ entry, outfile }) => ({ entry: join(root, entry), outfile: join(root, outfile) }))
    .filter(({ entry }) => existsSync(entry))
    .map(bundle),
);

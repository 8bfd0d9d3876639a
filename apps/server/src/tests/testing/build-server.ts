import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from '../../../../../scripts/bundle.mjs';

const root = join(import.meta.dirname, '../../../../..');

export interface BuiltServer {
  /** The program, as `npm run build` makes it. */
  readonly script: string;
  remove(): void;
}

/** The server of these sources in a folder of its own, so that a build beside the tests does not change it under them. */
export async function buildServer(): Promise<BuiltServer> {
  const dir = join(root, 'node_modules/.cache/segue', `server-${process.pid}`);
  const script = join(dir, 'server.js');
  const source = join(root, 'apps/server/src');
  await Promise.all([
    bundle({ entry: join(source, 'main.ts'), outfile: script }),
    bundle({ entry: join(source, 'platform/embedded/chdb-child.ts'), outfile: join(dir, 'chdb-child.js') }),
  ]);
  return { script, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

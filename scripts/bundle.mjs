import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { build } from 'esbuild';

/** `import sql from './create.sql?raw'` is the file's text, as in Vite. */
const rawText = {
  name: 'raw-text',
  setup(build) {
    build.onResolve({ filter: /\?raw$/ }, ({ path, resolveDir }) => ({
      path: resolve(resolveDir, path.replace(/\?raw$/, '')),
      namespace: 'raw-text',
    }));
    build.onLoad({ filter: /.*/, namespace: 'raw-text' }, async ({ path }) => ({
      contents: await readFile(path, 'utf8'),
      loader: 'text',
      resolveDir: dirname(path),
      watchFiles: [path],
    }));
  },
};

/** Our own packages are TypeScript and go into the bundle; everything else stays in node_modules. */
const otherPackagesStay = {
  name: 'other-packages-stay',
  setup(build) {
    build.onResolve({ filter: /^[^./]/ }, ({ path, kind }) => {
      if (kind === 'entry-point' || path.startsWith('@segue/') || path.endsWith('?raw')) return undefined;
      return { path, external: true };
    });
  },
};

/** Bundles one TypeScript entry, with our own packages and SQL texts inside, into one ES module for Node 20. */
export async function bundle({ entry, outfile }) {
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.20',
    sourcemap: 'linked',
    plugins: [rawText, otherPackagesStay],
    logLevel: 'warning',
  });
}

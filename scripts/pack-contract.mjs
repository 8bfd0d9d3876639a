// Makes @segue/contract a package others can install: JavaScript and types in packages/contract/dist, then a tarball.
// `node scripts/pack-contract.mjs [folder for the tarball]` prints where it is; publish it with `npm publish <tarball>`.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { root } from './run-steps.mjs';

const source = join(root, 'packages/contract');
const dist = join(source, 'dist');

/** The manifest as it is published: nothing private, and pointing at what was built. */
function publishedManifest() {
  const {
    private: _private,
    exports: _exports,
    ...manifest
  } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'));
  return {
    ...manifest,
    description: 'Schemas and a typed client of the Segue API',
    sideEffects: false,
    exports: { '.': { types: './index.d.ts', default: './index.js' } },
  };
}

/** Builds and packs; answers the path of the tarball. */
export function packContract(folder) {
  rmSync(dist, { recursive: true, force: true });
  execFileSync(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(source, 'tsconfig.build.json')],
    {
      stdio: ['ignore', 2, 2],
    },
  );
  writeFileSync(join(dist, 'package.json'), `${JSON.stringify(publishedManifest(), undefined, 2)}\n`);
  copyFileSync(join(root, 'LICENSE'), join(dist, 'LICENSE'));
  copyFileSync(join(source, 'README.md'), join(dist, 'README.md'));
  mkdirSync(folder, { recursive: true });
  const output = execFileSync('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: dist,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const packed = JSON.parse(output);
  const [{ filename }] = Array.isArray(packed) ? packed : Object.values(packed);
  return join(folder, filename);
}

if (process.argv[1] === import.meta.filename) console.log(packContract(resolve(process.argv[2] ?? '.')));

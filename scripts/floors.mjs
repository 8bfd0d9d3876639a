import { readFileSync } from 'node:fs';
import { transformSync } from 'esbuild';

const source = new URL('../apps/server/src/compose/floors.ts', import.meta.url);

/** The module names, lowest first, read from the one array in `compose/floors.ts`. Node 20 cannot import TypeScript, hence the transform. */
export async function readFloors() {
  const { code } = transformSync(readFileSync(source, 'utf8'), { loader: 'ts', format: 'esm' });
  const { FLOORS } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  return FLOORS.map((floor) => floor.module);
}

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from './bundle.mjs';
import { root } from './run-steps.mjs';
import { startProcess, superviseUntilEnd } from './supervise.mjs';

/** The benches there are: every bench/<name>.ts. */
const benchNames = () =>
  readdirSync(join(root, 'bench'))
    .filter((file) => /^[\w-]+\.ts$/.test(file))
    .map((file) => file.slice(0, -'.ts'.length));

/** Bundles and runs bench/<name>.ts with the flags that follow the name; without a name it lists what there is. */
export async function bench([name, ...flags]) {
  const names = benchNames();
  if (!name || !names.includes(name)) {
    if (name) console.error(`There is no bench called ${name}.`);
    console.log(`npm run bench -- <name> [--json]\n\n${names.map((one) => `  ${one}`).join('\n')}`);
    return name ? 2 : 0;
  }
  const script = join(root, 'node_modules/.cache/segue/bench', `${name}.mjs`);
  await bundle({ entry: join(root, 'bench', `${name}.ts`), outfile: script });
  return superviseUntilEnd([startProcess({ name: `bench ${name}`, script, args: flags })]);
}

if (process.argv[1] === import.meta.filename) process.exitCode = await bench(process.argv.slice(2));

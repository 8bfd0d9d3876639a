// Cruises the code with the rules of .dependency-cruiser.mjs. The command line of dependency-cruiser would exit 0
// when it reads nothing (an unsupported TypeScript is enough for that), so every file on disk must have been read.
import { existsSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { cruise } from 'dependency-cruiser';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import config from '../.dependency-cruiser.mjs';

const rootsOf = (folder) => ['apps', 'packages', 'bench'].filter((root) => existsSync(resolve(folder, root)));

/** The TypeScript files below the roots of `folder`, as dependency-cruiser names them. */
function filesOnDisk(folder) {
  return rootsOf(folder).flatMap((root) =>
    readdirSync(resolve(folder, root), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) => `${entry.parentPath}/${entry.name}`.slice(resolve(folder).length + 1))
      .filter((file) => !/(^|\/)(node_modules|dist)\//.test(file)),
  );
}

/** Every broken boundary below `folder`: `{ rule, from, to, comment }`; throws when a file was not read. */
export async function findBrokenBoundaries(folder) {
  const { output } = await cruise(
    rootsOf(folder),
    {
      ...config.options,
      exclude: { path: '(^|/)dist/' },
      ruleSet: { forbidden: config.forbidden },
      validate: true,
      baseDir: resolve(folder),
    },
    undefined,
    { tsConfig: extractTSConfig(resolve(import.meta.dirname, '../tsconfig.json')) },
  );
  const read = new Set(output.modules.map((module) => module.source));
  const unread = filesOnDisk(folder).filter((file) => !read.has(file));
  if (output.summary.totalCruised === 0) throw new Error('dependency-cruiser read no module at all');
  if (unread.length > 0) throw new Error(`dependency-cruiser did not read: ${unread.join(', ')}`);
  const comments = new Map(config.forbidden.map((rule) => [rule.name, rule.comment]));
  return {
    modules: output.summary.totalCruised,
    broken: output.summary.violations.map(({ rule, from, to }) => ({
      rule: rule.name,
      from,
      to,
      comment: comments.get(rule.name),
    })),
  };
}

if (process.argv[1] === import.meta.filename) {
  const { modules, broken } = await findBrokenBoundaries(resolve(import.meta.dirname, '..'));
  for (const { rule, from, to, comment } of broken) console.error(`${rule}: ${from} -> ${to}\n    ${comment}`);
  console.log(`${modules} modules, ${broken.length} broken boundaries`);
  process.exitCode = broken.length > 0 ? 1 : 0;
}

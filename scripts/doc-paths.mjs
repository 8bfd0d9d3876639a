// Every path a Markdown document names must exist: link targets, and `code` that begins with a folder of this repository.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const skipped = new Set(['node_modules', 'dist', 'data', '.git', 'coverage']);
const linkTarget = /\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g;
const codePath = /`((?:\.{1,2}|apps|packages|bench|docs|scripts|\.ci)\/[\w./*{},<>@-]*)`/g;
const isPattern = (path) => /[*{}<>]/.test(path);

function* documents(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (skipped.has(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* documents(path);
    else if (entry.name.endsWith('.md')) yield path;
  }
}

/** The paths a document names that lead nowhere, as written. Code paths count from the repository's root or from the document. */
export function deadPaths(root, document) {
  const text = readFileSync(document, 'utf8').replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, '');
  const here = dirname(document);
  const links = [...text.matchAll(linkTarget)]
    .map(([, target]) => target)
    .filter((target) => !/^([a-z][a-z0-9+.-]*:|#|\/)/i.test(target))
    .filter((target) => !existsSync(resolve(here, decodeURI(target.replace(/[#?].*$/, '')))));
  const codes = [...text.matchAll(codePath)]
    .map(([, path]) => path)
    .filter((path) => !isPattern(path) && !/(^|\/)(dist|data)(\/|$)/.test(path))
    .filter((path) => !existsSync(resolve(root, path)) && !existsSync(resolve(here, path)));
  return [...links, ...codes];
}

if (process.argv[1] === import.meta.filename) {
  const root = resolve(process.argv[2] ?? join(import.meta.dirname, '..'));
  const all = [...documents(root)];
  const dead = all.flatMap((document) => deadPaths(root, document).map((path) => ({ document, path })));
  for (const { document, path } of dead) console.error(`${relative(root, document)}: ${path} does not exist`);
  console.log(`${all.length} documents, ${dead.length} dead paths`);
  process.exitCode = dead.length > 0 ? 1 : 0;
}

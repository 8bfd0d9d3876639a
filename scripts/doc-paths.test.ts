import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { deadPaths } from './doc-paths.mjs';
import { plant, removePlanted } from './plant.ts';

afterAll(removePlanted);

test('a path that leads nowhere is named, whether link or code', () => {
  const folder = plant({ 'README.md': 'See [the floors](docs/floors.md#top) and `apps/nowhere/main.ts`.\n' });
  expect(deadPaths(folder, join(folder, 'README.md'))).toEqual(['docs/floors.md#top', 'apps/nowhere/main.ts']);
});

test('living paths, addresses, patterns, commands and what only a build makes are left alone', () => {
  const text = [
    '[a](docs/a.md) [b](https://example.com/b.md) [c](#c) `apps/server/src` `apps/<name>/src/*.ts` `npm run bench`',
    '`apps/server/dist/server.js` `./data`',
    '```sh',
    'node docs/missing.mjs [x](nowhere.md)',
    '```',
  ].join('\n');
  const folder = plant({ 'README.md': text, 'docs/a.md': 'a', 'apps/server/src/main.ts': '' });
  expect(deadPaths(folder, join(folder, 'README.md'))).toEqual([]);
});

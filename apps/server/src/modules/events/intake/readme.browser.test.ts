import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ClientServer, openClientServer } from '../testing/client-server.ts';
import { openBrowser, openShop } from '../testing/shop-page.ts';
import { createEngines, type Engines, WRITE_KEY } from '../testing/world.ts';

const SERVER = join(import.meta.dirname, '../../../..');
const readme = readFileSync(join(SERVER, '../../README.md'), 'utf8');

let engines: Engines;
let server: ClientServer;
let browser: Browser;
beforeAll(async () => {
  [engines, browser] = await Promise.all([createEngines(), openBrowser()]);
  server = await openClientServer(engines);
});
afterAll(async () => {
  await browser.close();
  await server.world.close();
  await engines.drop();
});

/** The snippet that imports this package, as a shop would bundle it, with this test's key and address. */
async function bundleSnippet(module: string): Promise<string> {
  const snippet = readme.match(/```js\n[^]*?```/g)!.find((block) => block.includes(`'${module}'`))!;
  const contents = snippet
    .replace(/^```js\n|```$/g, '')
    .replaceAll('http://127.0.0.1:4100', server.url)
    .replaceAll('wk_…', WRITE_KEY);
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: SERVER },
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    logLevel: 'error',
  });
  return outputFiles[0]!.text;
}

it.each(['@segment/analytics-next', '@rudderstack/analytics-js/bundled'])(
  'what README.md says about %s works as it stands there',
  async (module) => {
    const shop = await openShop(browser);
    server.answers.length = 0;
    await shop.page.addScriptTag({ content: await bundleSnippet(module) });
    await server.answered(200, 1);
    const logged = await server.eventsNamed(['Product Viewed']);
    const ofClient = logged.filter(({ payload }) =>
      JSON.stringify(payload.context).includes(module.startsWith('@segment') ? 'analytics.js' : 'RudderLabs'),
    );
    expect(ofClient.map(({ payload }) => payload.properties)).toMatchObject([{ product_id: 'tea-1' }]);
    await shop.close();
  },
);

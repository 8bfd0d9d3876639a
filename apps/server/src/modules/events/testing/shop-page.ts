import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const CHROMIUM = '/usr/bin/chromium';
const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'];

/** The clients' own builds for script tags, which define `AnalyticsNext` and `rudderanalytics`. */
const require = createRequire(import.meta.url);
const besideCommonJs = (file: string) => join(dirname(file), '../umd/index.js');
const SCRIPTS: Readonly<Record<string, string>> = {
  '/segment.js': besideCommonJs(require.resolve('@segment/analytics-next')),
  '/rudder.js': besideCommonJs(require.resolve('@rudderstack/analytics-js/bundled')),
};
const PAGE = `<!doctype html><meta charset="utf-8"><title>Linen shirt</title>
<script src="/segment.js"></script><script src="/rudder.js"></script><h1>Linen shirt</h1>`;

/** A shop in a real browser, on an origin that is not the server's. */
export interface ShopPage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Every address that was asked for anything, besides the shop's own. */
  readonly hosts: Set<string>;
  /** Goes to another page of the shop: its scripts begin anew, its storage stays. */
  visit(path: string): Promise<void>;
  close(): Promise<void>;
}

export async function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });
}

/** A new visitor: no cookies, no storage. */
export async function openShop(browser: Browser): Promise<ShopPage> {
  const shop = createServer((request, response) => {
    const script = SCRIPTS[request.url ?? ''];
    response.setHeader('content-type', script === undefined ? 'text/html' : 'text/javascript');
    response.end(script === undefined ? PAGE : readFileSync(script));
  });
  await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(shop.address() as AddressInfo).port}`;
  const context = await browser.newContext();
  const page = await context.newPage();
  const hosts = new Set<string>();
  context.on('request', (request) => {
    const asked = new URL(request.url()).host;
    if (asked !== host) hosts.add(asked);
  });
  const visit = async (path: string) => void (await page.goto(`http://${host}${path}`));
  await visit('/products/linen-shirt?utm_source=mail&utm_campaign=spring');
  return {
    page,
    context,
    hosts,
    visit,
    close: async () => {
      await context.close();
      shop.closeAllConnections();
      await new Promise((resolve) => shop.close(resolve));
    },
  };
}

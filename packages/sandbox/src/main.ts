import { readCliOptions, USAGE, type CliOptions } from './cli-options.ts';
import { startSandboxMail } from './mail/start-sandbox-mail.ts';
import { readSandboxClock } from './sandbox-clock.ts';
import { runShop } from './shop/run-shop.ts';
import { shopPages } from './shop/shop-pages.ts';
import { runShopWorld } from './shop-world/index.ts';

const log = (line: string): void => console.error(`sandbox: ${line}`);

function readOptions(): CliOptions {
  try {
    return readCliOptions(process.argv.slice(2), process.env);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    process.exit(2);
  }
}

const options = readOptions();
const clock = readSandboxClock(process.env.SEGUE_CLOCK);
const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());
// Started by a parent that is gone: nobody is left to stop us.
process.once('disconnect', () => stop.abort());

const mail = await startSandboxMail({ ...options, now: () => clock.now(), pages: [shopPages()] }).catch(
  (error: unknown) => {
    log(`cannot start: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  },
);
console.log(JSON.stringify({ ready: true, smtpUrl: mail.smtpUrl, mailboxUrl: mail.mailboxUrl }));

/** Says of a part of the demo that it ended, and why; the rest goes on. */
const orSay = (what: string) => (error: unknown) =>
  log(`${what}: ${error instanceof Error ? error.message : String(error)}`);
const shopUrl = `${mail.mailboxUrl}shop/`;
const stopped = new Promise<void>((resolve) => stop.signal.addEventListener('abort', () => resolve(), { once: true }));
const shopping =
  options.shop === null
    ? Promise.resolve()
    : runShop({
        ...options,
        ...options.shop,
        mailbox: mail.mailbox,
        shopUrl,
        clock,
        signal: stop.signal,
        log,
      }).catch(orSay('the shop is closed'));
const apiKey = options.shop?.apiKey;
const selling =
  options.shop === null || apiKey === undefined
    ? Promise.resolve()
    : runShopWorld({
        ...{ server: options.shop.server, apiKey, shopUrl, clock, log },
        ...{ seed: options.seed, ordersPerHour: options.ordersPerHour, dataDir: options.dataDir, signal: stop.signal },
        ...(options.shopsPort > 0 && { ports: { shopify: options.shopsPort, woo: options.shopsPort + 1 } }),
      }).catch(orSay('nothing is sold'));
await stopped;
await shopping;
await selling;
await mail.close();
process.exit(0);

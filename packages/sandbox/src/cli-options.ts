import { parseArgs } from 'node:util';

export interface CliOptions {
  readonly smtpPort: number;
  readonly webPort: number;
  /** Of the web shop's platform; the marketplace's is the next. 0: any free ones. */
  readonly shopsPort: number;
  readonly dataDir: string | undefined;
  /** What the demo shop needs; null for the mail alone. */
  readonly shop: { readonly server: string; readonly writeKey: string; readonly apiKey: string | undefined } | null;
  readonly visitsPerHour: number;
  readonly ordersPerHour: number;
  readonly seed: number;
}

const VISITS_PER_HOUR_DEFAULT = 8;
const ORDERS_PER_HOUR_DEFAULT = 3;
const SEED_DEFAULT = 2611;

export const USAGE = `Usage: sandbox --server URL --write-key KEY [options]
       sandbox --no-shop [options]

  --write-key KEY       what the shop's events are sent with (or SEGUE_WRITE_KEY)
  --api-key KEY         gives the shop its templates, segments and journeys, and connects its web shop, marketplace and
                        till (or SEGUE_API_KEY); none without it
  --smtp-port N         the mail server's port (default 0: any free one)
  --web-port N          the mailbox page's port (default 0: any free one)
  --shops-port N        the port of the web shop's platform, the marketplace's is the next (default 0: any free ones)
  --data-dir DIR        keep mails and shoppers there
  --visits-per-hour N   how lively the shop is, by its own clock (default ${VISITS_PER_HOUR_DEFAULT})
  --orders-per-hour N   how much web shop, marketplace and till sell together, by that clock (default ${ORDERS_PER_HOUR_DEFAULT})
  --seed N              which shoppers come (default ${SEED_DEFAULT})
  --no-shop             the mail server alone
SEGUE_CLOCK             {"scale":60,"realStartMs":…,"virtualStartMs":…} runs it on the server's scaled clock`;

/** Reads the command line, and the keys from the environment when it does not name them; throws with what is missing. */
export function readCliOptions(args: readonly string[], env: Readonly<Record<string, string | undefined>>): CliOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      'smtp-port': { type: 'string', default: '0' },
      'web-port': { type: 'string', default: '0' },
      'shops-port': { type: 'string', default: '0' },
      'data-dir': { type: 'string' },
      'visits-per-hour': { type: 'string', default: String(VISITS_PER_HOUR_DEFAULT) },
      'orders-per-hour': { type: 'string', default: String(ORDERS_PER_HOUR_DEFAULT) },
      seed: { type: 'string', default: String(SEED_DEFAULT) },
      server: { type: 'string' },
      'write-key': { type: 'string' },
      'api-key': { type: 'string' },
      'no-shop': { type: 'boolean', default: false },
    },
  });
  return {
    smtpPort: readNumber('--smtp-port', values['smtp-port'], [0, 65_535]),
    webPort: readNumber('--web-port', values['web-port'], [0, 65_535]),
    shopsPort: readNumber('--shops-port', values['shops-port'], [0, 65_534]),
    dataDir: values['data-dir'],
    shop: values['no-shop']
      ? null
      : readShop({ 'write-key': env.SEGUE_WRITE_KEY, 'api-key': env.SEGUE_API_KEY, ...values }),
    visitsPerHour: readNumber('--visits-per-hour', values['visits-per-hour'], [0.01, 100_000]),
    ordersPerHour: readNumber('--orders-per-hour', values['orders-per-hour'], [0.01, 10_000]),
    seed: readNumber('--seed', values.seed, [0, 4_294_967_295]),
  };
}

type ShopFlags = Readonly<Partial<Record<'server' | 'write-key' | 'api-key', string | undefined>>>;

function readShop(values: ShopFlags): CliOptions['shop'] {
  const { server, 'write-key': writeKey, 'api-key': apiKey } = values;
  if (server === undefined || writeKey === undefined)
    throw new Error('The shop needs --server and --write-key (or --no-shop)');
  if (!URL.canParse(server)) throw new Error('--server is a URL like http://127.0.0.1:4100');
  return { server, writeKey, apiKey };
}

function readNumber(name: string, text: string, [least, most]: readonly [number, number]): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= least && value <= most))
    throw new Error(`${name} is a number from ${least} to ${most}`);
  return value;
}

// What the demo keeps between starts: its keys, who signs in, and the clock on which a minute of yours is an hour of the shop's.
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Reads the JSON file, or makes it with `create()` on the first start; only its owner may read it. */
function keep(file, create) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error.code !== 'ENOENT') throw new Error(`${file} cannot be read: ${error.message}`, { cause: error });
  }
  const value = create();
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  return value;
}

const key = (prefix) => `${prefix}_${randomBytes(24).toString('base64url')}`;

/** The demo's keys, owner and clock as environment of the server; what the user has set stays as it is. */
export function demoEnvironment(dataDir, env) {
  mkdirSync(dataDir, { recursive: true });
  const keys = keep(join(dataDir, 'demo-keys.json'), () => ({ writeKey: key('wk'), apiKey: key('sk') }));
  const owner = keep(join(dataDir, 'demo-owner.json'), () => ({
    email: 'owner@demo.example',
    password: randomBytes(9).toString('base64url'),
  }));
  const now = Date.now();
  const clock = keep(join(dataDir, 'demo-clock.json'), () => ({ scale: 60, realStartMs: now, virtualStartMs: now }));
  return {
    SEGUE_WRITE_KEY: env.SEGUE_WRITE_KEY ?? keys.writeKey,
    SEGUE_API_KEY: env.SEGUE_API_KEY ?? keys.apiKey,
    SEGUE_ADMIN_EMAIL: env.SEGUE_ADMIN_EMAIL ?? owner.email,
    SEGUE_ADMIN_PASSWORD: env.SEGUE_ADMIN_PASSWORD ?? owner.password,
    // The platforms its shops pretend to sell on are on this machine.
    SEGUE_OUTBOUND_ALLOW: [env.SEGUE_OUTBOUND_ALLOW, '127.0.0.1'].filter(Boolean).join(','),
    SEGUE_CLOCK: env.SEGUE_CLOCK ?? JSON.stringify(clock),
  };
}

import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError, secretFile } from './config.ts';
import { findSecret, loadSecret } from './secret.ts';

let config: { secret: string | undefined; dataDir: string };

beforeEach(async () => {
  config = { secret: undefined, dataDir: await mkdtemp(join(tmpdir(), 'segue-secret-')) };
});
afterEach(() => rm(config.dataDir, { recursive: true }));

describe('the secret of an installation', () => {
  it('is made once, readable by its owner alone, however many processes start at once', async () => {
    expect(await findSecret(config)).toBeUndefined();
    const loaded = await Promise.all(Array.from({ length: 20 }, () => loadSecret(config)));
    expect(new Set(loaded.map((secret) => secret.toString('hex'))).size).toBe(1);
    expect(loaded[0]).toHaveLength(32);
    expect(await findSecret(config)).toEqual(loaded[0]);
    expect(await readdir(config.dataDir)).toHaveLength(1);
    expect((await stat(secretFile(config.dataDir))).mode & 0o777).toBe(0o600);
  });

  it.each(['', '\n', 'ab12', 'x'.repeat(64)])('is not what a damaged file holds: %j', async (text) => {
    await writeFile(secretFile(config.dataDir), text);
    await expect(loadSecret(config)).rejects.toThrow(ConfigError);
    await expect(findSecret(config)).rejects.toThrow('bring it back from your backup');
  });
});

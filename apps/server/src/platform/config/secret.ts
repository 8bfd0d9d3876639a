import { createHash, randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Config, ConfigError, secretFile } from './config.ts';

const SECRET_BYTES = 32;

/** The secret there is, without making one; undefined when there is none yet. */
export async function findSecret(config: Pick<Config, 'secret' | 'dataDir'>): Promise<Buffer | undefined> {
  if (config.secret !== undefined) return createHash('sha256').update(config.secret).digest();
  const file = secretFile(config.dataDir);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : readSecret(text, file);
}

/** The key everything else is wrapped with: given in the environment, or made once and kept in the data folder. */
export async function loadSecret(config: Pick<Config, 'secret' | 'dataDir'>): Promise<Buffer> {
  const found = await findSecret(config);
  if (found !== undefined) return found;
  await makeSecret(secretFile(config.dataDir));
  return (await findSecret(config))!;
}

/** The file is there whole or not at all; of two processes that make one at once, one does. */
async function makeSecret(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  await writeFile(draft, randomBytes(SECRET_BYTES).toString('hex'), { mode: 0o600, flag: 'wx', flush: true });
  try {
    await link(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(draft);
  }
}

/** A file that was cut off must not become a secret everybody can guess. */
function readSecret(text: string, file: string): Buffer {
  const secret = text.trim();
  if (/^[0-9a-f]{64}$/i.test(secret)) return Buffer.from(secret, 'hex');
  throw new ConfigError(`${file} does not hold the 64 hex digits of a secret; bring it back from your backup`);
}

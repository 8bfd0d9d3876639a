import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Config, secretFile } from './config.ts';

/** The secret there is, without making one; undefined when there is none yet. */
export async function findSecret(config: Pick<Config, 'secret' | 'dataDir'>): Promise<Buffer | undefined> {
  if (config.secret !== undefined) return createHash('sha256').update(config.secret).digest();
  const text = await readFile(secretFile(config.dataDir), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : Buffer.from(text.trim(), 'hex');
}

/** The key everything else is wrapped with: given in the environment, or made once and kept in the data folder. */
export async function loadSecret(config: Config): Promise<Buffer> {
  if (config.secret !== undefined) return createHash('sha256').update(config.secret).digest();
  const file = secretFile(config.dataDir);
  await mkdir(dirname(file), { recursive: true });
  try {
    await writeFile(file, randomBytes(32).toString('hex'), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return Buffer.from((await readFile(file, 'utf8')).trim(), 'hex');
}

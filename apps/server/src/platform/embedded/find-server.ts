import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { engineUrlsFile } from './lock-data-dir.ts';
import { processStart } from './process-identity.ts';

/** The process that runs engines in this folder; undefined when there is none. */
export function findServer(dataDir: string): { readonly pid: number } | undefined {
  try {
    const { pid, start } = JSON.parse(readFileSync(join(dataDir, 'segue.lock'), 'utf8')) as {
      pid: number;
      start: string;
    };
    return processStart(pid) === start ? { pid } : undefined;
  } catch {
    return undefined;
  }
}

/** Where a running server's engines are, for processes that join it; undefined when this user may not know. */
export function findEngineUrls(dataDir: string): { postgresUrl: string; clickhouseUrl: string } | undefined {
  try {
    const text = readFileSync(join(dataDir, engineUrlsFile), 'utf8');
    const read = (name: string): string => new RegExp(`^${name}='(.*)'$`, 'm').exec(text)![1]!;
    return { postgresUrl: read('SEGUE_POSTGRES_URL'), clickhouseUrl: read('SEGUE_CLICKHOUSE_URL') };
  } catch {
    return undefined;
  }
}

import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const operations = { add: '1', drop: '2' } as const;

interface Part {
  readonly partition: string;
  readonly from: number;
  readonly to: number;
}

/**
 * The engine notes an insert's token before the rows become visible. Killed between the two, it would take the repeat
 * for a duplicate and the rows would be lost. So before it opens: where the last token noted has no part, it is struck out.
 */
export function repairDeduplicationLogs(dir: string): void {
  for (const tableDir of listTableDirs(join(dir, 'store'))) repairTable(tableDir);
}

function listTableDirs(store: string): string[] {
  return subfolders(store).flatMap((group) => subfolders(join(store, group)).map((table) => join(store, group, table)));
}

function repairTable(tableDir: string): void {
  const logDir = join(tableDir, 'deduplication_logs');
  const newest = existsSync(logDir) ? newestLog(logDir) : undefined;
  if (newest === undefined) return;
  const last = readFileSync(newest, 'utf8').trimEnd().split('\n').at(-1) ?? '';
  const [operation, partName = '', blockId = ''] = last.split('\t');
  const part = parsePart(partName);
  if (operation !== operations.add || !part || blockId === '') return;
  const isStored = subfolders(tableDir)
    .map(parsePart)
    .some((other) => other?.partition === part.partition && other.from <= part.from && other.to >= part.to);
  if (!isStored) appendFileSync(newest, `${operations.drop}\t${partName}\t${blockId}\n`, { flush: true });
}

function newestLog(logDir: string): string | undefined {
  const numbers = readdirSync(logDir).flatMap((name) => /^deduplication_log_(\d+)\.txt$/.exec(name)?.[1] ?? []);
  const newest = numbers
    .map(Number)
    .toSorted((a, b) => a - b)
    .at(-1);
  return newest === undefined ? undefined : join(logDir, `deduplication_log_${newest}.txt`);
}

/** `202611_7_12_2`: partition, first and last block, merge level, perhaps a mutation. Anything else is not a stored part. */
function parsePart(name: string): Part | undefined {
  const [, partition, from, to] = /^([^_]+)_(\d+)_(\d+)_\d+(?:_\d+)?$/.exec(name) ?? [];
  return partition === undefined ? undefined : { partition, from: Number(from), to: Number(to) };
}

function subfolders(dir: string): string[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}

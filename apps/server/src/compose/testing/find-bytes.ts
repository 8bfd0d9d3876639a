import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { World } from '../../modules/events/testing/world.ts';
import { framesOf, lz4Block } from './compressed-frames.ts';

/** Something to look for: any of these bytes is it. */
export interface SoughtBytes {
  readonly text: string;
  readonly bytes: readonly Buffer[];
}

interface StoredFile {
  readonly place: string;
  readonly bytes: Buffer;
}

interface SizedFile extends StoredFile {
  /** Of what comes out when it is opened. */
  readonly size: number;
}

/** What stands in which of these files, as `what in where`, sorted. */
function findIn(files: Iterable<StoredFile>, sought: readonly SoughtBytes[]): string[] {
  const found = new Set<string>();
  for (const { place, bytes } of files)
    for (const { text, bytes: forms } of sought)
      if (forms.some((form) => bytes.includes(form))) found.add(`${text} in ${place}`);
  return [...found].sort();
}

/**
 * Looks through the files of PostgreSQL as they lie on disk, after a checkpoint: every table, index and catalog of this
 * database with what is dead or free in its pages.
 */
export async function findInDatabaseFiles(world: World, sought: readonly SoughtBytes[]): Promise<string[]> {
  const { postgres } = world.services;
  await postgres.query({ text: 'checkpoint' });
  const { rows } = await postgres.query<{ path: string; place: string }>({
    // A file is named after its relation, then perhaps a fork or the number of its segment.
    text: `with base as (select 'base/' || oid as dir from pg_database where datname = current_database())
           select base.dir || '/' || name as path,
                  coalesce(pg_filenode_relation(0, (regexp_match(name, '^[0-9]+'))[1]::oid)::text, name) as place
           from base, pg_ls_dir(base.dir) as name`,
  });
  return findInFiles(world, rows, sought);
}

/** Looks through every file of the write-ahead log; answers what it found. Whoever asks for a checkpoint may shorten it. */
export async function findInLogFiles(world: World, sought: readonly SoughtBytes[]): Promise<string[]> {
  const { rows } = await world.services.postgres.query<{ path: string }>({
    text: `select 'pg_wal/' || name as path from pg_ls_waldir()`,
  });
  const log = 'write-ahead log';
  const found = await findInFiles(
    world,
    rows.map(({ path }) => ({ path, place: log })),
    sought,
  );
  return found.map((line) => line.slice(0, -` in ${log}`.length));
}

async function findInFiles(
  world: World,
  files: readonly { path: string; place: string }[],
  sought: readonly SoughtBytes[],
): Promise<string[]> {
  const read = await fileReader(world);
  const found = new Set<string>();
  for (const { path, place } of files) {
    // One that was removed meanwhile holds nothing.
    const bytes = await read(path);
    for (const line of bytes ? findIn([{ place, bytes }], sought) : []) found.add(line);
  }
  return [...found].sort();
}

/** Reads files of PostgreSQL's data folder: from the disk if they are on this one, which is much faster, else through it. */
async function fileReader({
  services: { postgres },
}: World): Promise<(path: string) => Promise<Buffer | null | undefined>> {
  const { rows } = await postgres.query<{ dir: string; started: string }>({
    text: `select current_setting('data_directory') as dir,
                  extract(epoch from date_trunc('second', pg_postmaster_start_time()))::bigint::text as started`,
  });
  const { dir, started } = rows[0]!;
  // Its third line is the instant at which the server started.
  const pidFile = join(dir, 'postmaster.pid');
  const isHere = existsSync(pidFile) && readFileSync(pidFile, 'utf8').split('\n')[2] === started;
  if (isHere) return (path) => readFile(join(dir, path)).catch(goneOrThrow);
  return async (path) => {
    const { rows: files } = await postgres.query<{ bytes: Buffer | null }>({
      text: `select pg_read_binary_file($1, 0, 268435456, true) as bytes`,
      values: [path],
    });
    return files[0]?.bytes;
  };
}

function goneOrThrow(error: unknown): undefined {
  if ((error as { code?: unknown }).code !== 'ENOENT') throw error;
}

/**
 * Looks through every file of the history's tables, parts that a rewrite left behind included, as they lie on disk and
 * with every compressed frame opened.
 */
export async function findInHistoryFiles(world: World, sought: readonly SoughtBytes[]): Promise<string[]> {
  const { history } = world.services;
  const tables = await history.query<{ name: string; data_paths: string[] }>({
    sql: `select name, data_paths from system.tables where database = currentDatabase() and engine like '%MergeTree'`,
  });
  const files = readWhole(() =>
    tables.flatMap(({ name, data_paths }) =>
      data_paths.flatMap((dir) => filesIn(dir).map((path) => ({ place: name, bytes: readFileSync(path) }))),
    ),
  );
  const zstd: SizedFile[] = [];
  const opened: StoredFile[] = [];
  for (const { place, bytes } of files) {
    for (const { method, payload, size } of framesOf(bytes)) {
      if (method === 'lz4') opened.push({ place, bytes: lz4Block(payload, size) });
      else if (method === 'zstd') zstd.push({ place, bytes: payload, size });
      else opened.push({ place, bytes: payload });
    }
  }
  return findIn([...files, ...opened, ...(await openZstd(world, zstd))], sought);
}

/** A part that went away while it was read lives on in another, which may not have been listed: all is read again. */
function readWhole(read: () => StoredFile[]): StoredFile[] {
  for (let tries = 1; ; tries++) {
    try {
      return read();
    } catch (error) {
      goneOrThrow(error);
      if (tries === 50) throw error;
    }
  }
}

function filesIn(dir: string): string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .map((name) => join(dir, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true);
}

/** Node cannot open Zstandard; the engine opens it as it would any file. */
async function openZstd({ services: { history } }: World, frames: readonly SizedFile[]): Promise<StoredFile[]> {
  const places = [...new Set(frames.map(({ place }) => place))];
  const dir = mkdtempSync(join(tmpdir(), 'segue-frames-'));
  try {
    for (const place of places) {
      const ofPlace = frames.filter((frame) => frame.place === place);
      writeFileSync(join(dir, `${place}.zst`), Buffer.concat(ofPlace.map(({ bytes }) => bytes)));
    }
    const rows = await history.query<{ name: string; text: string }>({
      sql: `select _file as name, hex(text) as text from file('${dir}/*.zst', 'RawBLOB', 'text String', 'zstd')`,
    });
    const opened = rows.map(({ name, text }) => ({ place: name.replace('.zst', ''), bytes: Buffer.from(text, 'hex') }));
    const sizeOf = (files: readonly { size: number }[]): number => files.reduce((sum, { size }) => sum + size, 0);
    if (sizeOf(opened.map(({ bytes }) => ({ size: bytes.length }))) !== sizeOf(frames))
      throw new Error('not every frame was opened');
    return opened;
  } finally {
    rmSync(dir, { recursive: true });
  }
}

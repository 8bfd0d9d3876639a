import { uncompressSync } from 'snappy';
import { deriveKey, open } from '../../platform/crypto/index.ts';
import type { World } from '../../modules/events/testing/world.ts';

export interface FoundText {
  readonly place: string;
  readonly text: string;
}

/** What keys of a workspace are made for beside its nodes. */
const PURPOSES = ['consent proof', 'privacy request', 'shopify account', 'webhook'] as const;

/** Where texts stand: for everybody to read, and for who has every key there is. */
export interface FoundTexts {
  readonly clear: readonly FoundText[];
  readonly opened: readonly FoundText[];
}

/**
 * Looks for texts in every column of every table of both engines. Whatever is compressed is decompressed, and whatever
 * looks sealed, in bytes or in base64, is tried with every key that can be had: the workspace's and those of its nodes.
 */
export async function findTexts(world: World, texts: readonly string[]): Promise<FoundTexts> {
  const keys = await allKeys(world);
  const clear = new Map<string, FoundText>();
  const opened = new Map<string, FoundText>();
  for await (const { place, bytes } of everyValue(world)) {
    for (const plain of decompressed(bytes)) {
      note(clear, { place, plain, texts });
      // Traits lie sealed in a state; one seal within another is opened as well.
      const inner = openedIn(plain, keys);
      for (const text of [...inner, ...inner.flatMap((deeper) => openedIn(deeper, keys))]) {
        note(opened, { place, plain: text, texts });
      }
    }
  }
  return { clear: [...clear.values()], opened: [...opened.values()] };
}

function openedIn(plain: Buffer, keys: readonly Buffer[]): Buffer[] {
  return sealedIn(plain).flatMap((sealed) => keys.flatMap((key) => tryOpen(key, sealed) ?? []));
}

function note(
  found: Map<string, FoundText>,
  { place, plain, texts }: { place: string; plain: Buffer; texts: readonly string[] },
): void {
  for (const text of texts) {
    if (spellings(text).some((spelling) => plain.includes(spelling))) found.set(`${place} ${text}`, { place, text });
  }
}

/** As text, and as base64 and hex would have it, whatever stands around it. */
export function spellings(text: string): Buffer[] {
  const bytes = Buffer.from(text);
  const base64 = [0, 1, 2].map((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    // The first and last letters depend on what stands beside the text.
    return encoded.slice(shift === 0 ? 0 : shift + 1, -1);
  });
  const hex = bytes.toString('hex');
  return [bytes, ...[...base64, hex, hex.toUpperCase()].map((encoded) => Buffer.from(encoded))];
}

/** The keys that live on when all of a workspace's customers are erased. */
async function lastingKeys({ services, ctx }: World): Promise<Buffer[]> {
  const { wrapping, blind, signing } = await services.keysOf(ctx.workspaceId);
  return [wrapping, blind, signing, ...PURPOSES.map((purpose) => deriveKey(wrapping, purpose))];
}

/** What is stored of these texts under keys that live on: the column, and the bytes as they lie there. */
export async function findLastingSeals(
  world: World,
  texts: readonly string[],
): Promise<{ place: string; sealed: Buffer }[]> {
  const keys = await lastingKeys(world);
  const found: { place: string; sealed: Buffer }[] = [];
  for await (const { place, bytes } of postgresValues(world)) {
    const opened = openedIn(bytes, keys);
    if (opened.some((plain) => texts.some((text) => plain.includes(text)))) found.push({ place, sealed: bytes });
  }
  return found;
}

async function allKeys(world: World): Promise<Buffer[]> {
  const { services } = world;
  const keys = await lastingKeys(world);
  const [wrapping] = keys as [Buffer];
  const { rows } = await services.postgres.query<{ wrapped_key: Buffer }>({
    text: 'select wrapped_key from identity_node where wrapped_key is not null',
  });
  return [...keys, ...rows.map((row) => open(wrapping, row.wrapped_key))];
}

function tryOpen(key: Buffer, sealed: Buffer): Buffer | undefined {
  try {
    return open(key, sealed);
  } catch {
    return undefined;
  }
}

function decompressed(bytes: Buffer): Buffer[] {
  try {
    return [bytes, uncompressSync(bytes) as Buffer];
  } catch {
    return [bytes];
  }
}

/** An empty seal takes 28 bytes; what is longer than a state is none. */
function sealedIn(bytes: Buffer): Buffer[] {
  const pieces = bytes.length >= 28 ? [bytes, bytes.subarray(1)] : [];
  for (const [text] of bytes.toString('latin1').matchAll(/[A-Za-z0-9+/]{38,}={0,2}/g)) {
    pieces.push(Buffer.from(text, 'base64'));
  }
  return pieces;
}

async function* everyValue(world: World): AsyncIterable<{ place: string; bytes: Buffer }> {
  yield* postgresValues(world);
  yield* historyValues(world);
}

async function* postgresValues({ services: { postgres } }: World): AsyncIterable<{ place: string; bytes: Buffer }> {
  const { rows: columns } = await postgres.query<{ table_name: string; column_name: string; data_type: string }>({
    text: `select c.table_name, c.column_name, c.data_type from information_schema.columns c
           join information_schema.tables t using (table_schema, table_name)
           where c.table_schema = 'public' and t.table_type = 'BASE TABLE'`,
  });
  for (const { table_name, column_name, data_type } of columns) {
    const value = data_type === 'bytea' ? `"${column_name}"` : `convert_to("${column_name}"::text, 'UTF8')`;
    const { rows } = await postgres.query<{ bytes: Buffer | null }>({
      text: `select ${value} as bytes from "${table_name}"`,
    });
    for (const { bytes } of rows) if (bytes !== null) yield { place: `postgres ${table_name}.${column_name}`, bytes };
  }
}

async function* historyValues({ services: { history } }: World): AsyncIterable<{ place: string; bytes: Buffer }> {
  const columns = await history.query<{ table: string; name: string }>({
    sql: `select table, name from system.columns where database = currentDatabase() and table in (
            select name from system.tables where database = currentDatabase() and engine like '%MergeTree')`,
  });
  for (const { table, name } of columns) {
    const rows = await history.query<{ text: string }>({
      sql: `select toString(\`${name}\`) as text from \`${table}\``,
    });
    for (const { text } of rows) yield { place: `history ${table}.${name}`, bytes: Buffer.from(text) };
  }
}

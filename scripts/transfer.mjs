import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createApi } from './call-api.mjs';

const pieceBytes = 4 * 1024 * 1024;
const kinds = ['profiles', 'events', 'consents', 'orders'];
const subjects = ['profiles', 'segment', 'events', 'consents', 'orders'];
const formats = ['csv', 'ndjson', 'parquet'];
const underWay = ['uploading', 'running'];

const importUsage = `segue import <file> --kind profiles|events|consents|orders

  --format csv|ndjson     default: by the name of the file
  --map column=target     what a column becomes, like "Mail=email" or "Plan=traits.plan"; "=ignore" leaves it out; repeatable
  --default target=value  what holds where no column says it, like "channel=email"; repeatable
  --delimiter <sign>      of CSV; default: as the first line shows
  --time-zone <zone>      of times that do not say theirs, like "Europe/Berlin"
  --date-order dmy|mdy    what 01/02/2026 means
  --list <name or id>     of profiles: the manual list everybody in the file is put on; made when there is none of the name
  --dry-run               show what would become of the first rows, and change nothing
  --errors <file>         write the rows that were not taken there
  --again                 take a file that was taken already once more

SEGUE_URL (default http://127.0.0.1:4100) and SEGUE_API_KEY say where to. Run it again after it broke off: it goes on where
it was, and takes the very same file no second time; one that has changed since is another. Ends with 0 when every row was taken, 3 when some were not, 1 when it failed, 2 when it was called wrong.`;

const exportUsage = `segue export --what profiles|segment|events|consents|orders

  --format csv|ndjson|parquet   default csv
  --segment seg_…               whose members, with --what segment
  --columns a,b                 like email,traits.plan; default: all there are
  --from, --to                  of events, orders and consents, in ISO 8601
  --out <file>                  default <what>.<format>; "-" writes to standard output

SEGUE_URL (default http://127.0.0.1:4100) and SEGUE_API_KEY say where from.`;

class WrongUse extends Error {}

/** Runs a command of this file: a wrong call answers 2 and how it is called. */
async function run(usage, work) {
  try {
    return await work();
  } catch (error) {
    const isWrongUse = error instanceof WrongUse || String(error.code).startsWith('ERR_PARSE_ARGS');
    console.error(isWrongUse ? `${error.message}\n\n${usage}` : error.message);
    return isWrongUse ? 2 : 1;
  }
}

/** `segue import`: see its usage. Answers the exit code. */
export function importFile(env, argv) {
  return run(importUsage, async () => {
    const { path, body, dryRun, errors, again } = readImportArgs(argv);
    const api = openApi(env);
    const file = await open(path).catch((error) => {
      throw new WrongUse(`${path} cannot be read (${error.code})`);
    });
    try {
      const imported = await uploadFile(api, { file, path, body, dryRun, again });
      if (dryRun) return showDryRun(await api.post(`/imports/${imported.id}/dry-run`, readAs(body)), imported, api);
      if (imported.state === 'uploading') await startImport(api, imported.id, readAs(body));
      return await watch(api, imported.id, errors);
    } finally {
      await file.close();
    }
  });
}

async function startImport(api, id, wish) {
  try {
    await api.post(`/imports/${id}/start`, wish);
  } catch (error) {
    // Another run of this command may have started it meanwhile.
    if ((await api.get(`/imports/${id}`)).state === 'uploading') throw error;
  }
}

/** What the arguments say. Pure. */
export function readImportArgs(argv) {
  const text = { type: 'string' };
  const many = { type: 'string', multiple: true };
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      ...{ kind: text, format: text, map: many, default: many, delimiter: text, 'time-zone': text, 'date-order': text },
      ...{ 'dry-run': { type: 'boolean' }, again: { type: 'boolean' }, errors: text, list: text },
    },
  });
  const [path, ...more] = positionals;
  if (path === undefined || more.length > 0) throw new WrongUse('name one file');
  if (!kinds.includes(values.kind)) throw new WrongUse(`say with --kind what it holds: ${kinds.join(', ')}`);
  const format = values.format ?? (/\.(?:ndjson|jsonl)$/i.test(path) ? 'ndjson' : 'csv');
  if (values.list !== undefined && values.kind !== 'profiles') throw new WrongUse('--list belongs to --kind profiles');
  const mapping = (values.map ?? []).map((pair) => {
    const [column, to] = splitAt(pair, '--map');
    return { column, to };
  });
  const options = {
    ...(values.delimiter !== undefined && { delimiter: values.delimiter === '\\t' ? '\t' : values.delimiter }),
    ...(values['time-zone'] !== undefined && { timeZone: values['time-zone'] }),
    ...(values['date-order'] !== undefined && { dateOrder: values['date-order'] }),
    ...(values.list !== undefined && { list: values.list }),
    ...(values.default !== undefined && {
      defaults: Object.fromEntries(values.default.map((pair) => splitAt(pair, '--default'))),
    }),
  };
  return {
    path,
    body: { kind: values.kind, format, mapping, options },
    dryRun: values['dry-run'] === true,
    again: values.again === true,
    errors: values.errors,
  };
}

function splitAt(pair, option) {
  const at = pair.lastIndexOf('=');
  if (at < 1 || at === pair.length - 1) throw new WrongUse(`write ${option} as name=value, not "${pair}"`);
  return [pair.slice(0, at), pair.slice(at + 1)];
}

const readAs = ({ mapping, options }) => ({ ...(mapping.length > 0 && { mapping }), options });

/** The import of this very file that is under way or done, or a new one; uploaded whole in the end. */
async function uploadFile(api, { file, path, body, dryRun, again }) {
  const { size, mtimeMs } = await file.stat();
  if (size === 0) throw new WrongUse(`${path} is empty`);
  const { kind, format } = body;
  const name = [nameOf(path), await fingerprint(file), ...(dryRun ? ['dry run'] : [])].join(' ');
  let imported = await findKnown(api, {
    kind,
    format,
    name,
    states: again || dryRun ? underWay : [...underWay, 'done'],
  });
  if (imported?.state === 'done')
    console.error(`${imported.id} took this very file already, on ${imported.endedAt}; --again takes it once more`);
  else if (imported !== undefined) console.error(`going on with ${imported.id}`);
  imported ??= await api.post('/imports', { kind, format, name });
  const bar = createBar('uploaded');
  while (imported.state === 'uploading' && imported.sizeBytes < size) {
    const { sizeBytes: offset } = imported;
    const { buffer, bytesRead } = await file.read(
      Buffer.alloc(Math.min(pieceBytes, size - offset)),
      0,
      undefined,
      offset,
    );
    imported = await api.send(`/imports/${imported.id}/bytes?offset=${offset}`, buffer.subarray(0, bytesRead));
    bar.show((imported.sizeBytes / size) * 100, `${(imported.sizeBytes / 1e6).toFixed(1)} MB`);
  }
  bar.end();
  const now = await file.stat();
  if (imported.state === 'uploading' && (now.size !== size || now.mtimeMs !== mtimeMs)) {
    await api.post(`/imports/${imported.id}/cancel`);
    throw new Error(`${path} was changed while it was uploaded; run it again`);
  }
  if (body.mapping.length > 0) body.mapping = await wholeMapping(api, imported, body.mapping);
  return imported;
}

/** Columns that are not named are taken as they are suggested. */
async function wholeMapping(api, imported, mapping) {
  if (imported.state !== 'uploading') return mapping;
  const { columns } = await api.get(`/imports/${imported.id}/columns`);
  const named = new Map(mapping.map((one) => [one.column, one]));
  const taken = new Set(mapping.map(({ to }) => to));
  const others = columns.filter(({ column }) => !named.has(column)).map(({ suggestion }) => suggestion);
  return [...mapping, ...others.filter(({ to }) => to !== 'ignore' && !taken.has(to))];
}

/** Short enough that the fingerprint behind it stays. */
const nameOf = (path) => [...basename(path)].slice(-75).join('').trim();

/** Of every byte: a file that was changed is another, wherever it was. */
async function fingerprint(file) {
  const hash = createHash('sha256');
  for await (const bytes of file.createReadStream({ start: 0, autoClose: false })) hash.update(bytes);
  return hash.digest('hex').slice(0, 32);
}

async function findKnown(api, { kind, format, name, states }) {
  for (let cursor = ''; ;) {
    const page = await api.get(`/imports?limit=500${cursor}`);
    const found = page.items.find(
      (one) => one.name === name && one.kind === kind && one.format === format && states.includes(one.state),
    );
    if (found !== undefined || page.nextCursor === null) return found;
    cursor = `&cursor=${encodeURIComponent(page.nextCursor)}`;
  }
}

async function showDryRun({ rows, isWhole, errors, sample }, imported, api) {
  for (const { line, becomes } of sample) console.log(`line ${line} becomes ${JSON.stringify(becomes)}`);
  for (const one of errors) console.log(presentError(one));
  console.log(
    `${rows.accepted} of ${rows.read} rows${isWhole ? '' : ' at the beginning'} would be taken; nothing was changed`,
  );
  await api.post(`/imports/${imported.id}/cancel`);
  return rows.rejected > 0 ? 3 : 0;
}

/** One bad row as a person reads it. Pure. */
export function presentError({ line, column, message }) {
  return `line ${line}: ${column === '' ? 'the row' : column} ${message}`;
}

async function watch(api, id, errors) {
  const bar = createBar('imported');
  const startedAt = performance.now();
  let imported = await api.get(`/imports/${id}`);
  const { read: before } = imported.rows;
  while (imported.state === 'running') {
    await pause(500);
    imported = await api.get(`/imports/${id}`);
    const perSecond = (imported.rows.read - before) / ((performance.now() - startedAt) / 1_000);
    bar.show(imported.percent, `${imported.rows.read} rows, ${Math.round(perSecond)}/s`);
  }
  bar.end();
  const { read, accepted, rejected } = imported.rows;
  console.log(`${imported.state}: ${accepted} of ${read} rows taken, ${rejected} not`);
  if (imported.state !== 'done') throw new Error(imported.reason ?? `the import is ${imported.state}`);
  if (rejected === 0) return 0;
  const { items } = await api.get(`/imports/${id}/errors?limit=20`);
  for (const one of items) console.error(presentError(one));
  if (errors !== undefined) await save(await api.open(`/imports/${id}/errors/file`), errors);
  else if (rejected > items.length) console.error('run it with --errors <file> to get all of them');
  return 3;
}

/** `segue export`: see its usage. Answers the exit code. */
export function exportFile(env, argv) {
  return run(exportUsage, async () => {
    const { out, body } = readExportArgs(argv);
    const api = openApi(env);
    const made = await api.post('/exports', body);
    await showWhile(api, made.id, async () => save(await api.open(`/exports/${made.id}/file`), out));
    if (out !== '-') console.log(out);
    return 0;
  });
}

/** Tells how far the file has come while it is saved; without the answer it only shows nothing. */
async function showWhile(api, id, work) {
  const bar = createBar('exported');
  const ended = new AbortController();
  const show = async () => {
    const { percent, rows } = await api.get(`/exports/${id}`);
    bar.show(percent, rows.total === null ? `${rows.written} rows` : `${rows.written} of ${rows.total} rows`);
  };
  const watching = (async () => {
    while (!ended.signal.aborted) {
      await pause(500, undefined, { signal: ended.signal }).catch(() => undefined);
      if (!ended.signal.aborted) await show().catch(() => undefined);
    }
  })();
  try {
    await work();
    ended.abort();
    await watching;
    await show().catch(() => undefined);
  } finally {
    ended.abort();
    await watching;
    bar.end();
  }
}

/** What the arguments say. Pure. */
export function readExportArgs(argv) {
  const text = { type: 'string' };
  const { values } = parseArgs({
    args: argv,
    options: { what: text, format: text, segment: text, columns: text, from: text, to: text, out: text },
  });
  const { what, format = 'csv', segment, columns, from, to, out = `${what}.${format}` } = values;
  if (!subjects.includes(what)) throw new WrongUse(`say with --what to export: ${subjects.join(', ')}`);
  if (!formats.includes(format)) throw new WrongUse(`give one of the formats ${formats.join(', ')}`);
  const body = {
    ...{ what, format },
    ...(segment !== undefined && { segment }),
    ...(columns !== undefined && { columns: columns.split(',') }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  };
  return { out, body };
}

/** Half a file must not look like a whole one. */
async function save(answer, path) {
  const body = Readable.fromWeb(answer.body);
  if (path === '-') return pipeline(body, process.stdout, { end: false });
  try {
    await pipeline(body, createWriteStream(`${path}.part`));
    await rename(`${path}.part`, path);
  } catch (error) {
    await rm(`${path}.part`, { force: true });
    throw new Error(`the file broke off: ${error.message}; run it again`);
  }
}

function openApi({ SEGUE_URL: url = 'http://127.0.0.1:4100', SEGUE_API_KEY: key }) {
  if (!key) throw new WrongUse('set SEGUE_API_KEY to a key of the workspace');
  return createApi(url, key);
}

const barWidth = 30;

/** A bar on a terminal, a line each tenth elsewhere. */
function createBar(what) {
  let tenth = -1;
  return {
    show(percent, beside) {
      const text = `${percent.toFixed(1).padStart(5)} %  ${beside}`;
      if (process.stderr.isTTY) {
        const full = Math.round((percent / 100) * barWidth);
        process.stderr.write(`\r${what} [${'#'.repeat(full)}${'.'.repeat(barWidth - full)}] ${text}\u001B[K`);
      } else if (Math.floor(percent / 10) > tenth) {
        console.error(`${what} ${text}`);
      }
      tenth = Math.max(tenth, Math.floor(percent / 10));
    },
    end() {
      if (process.stderr.isTTY && tenth >= 0) process.stderr.write('\n');
    },
  };
}

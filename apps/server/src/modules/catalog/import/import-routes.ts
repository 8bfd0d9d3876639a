import { api, PRODUCT_ROWS_MAX } from '@segue/contract';
import { CsvError, parse } from 'csv-parse/sync';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError } from '../../../platform/errors.ts';
import type { Routes } from '../../../platform/http/index.ts';
import { recordAudit } from '../../accounts/index.ts';
import { upsertProducts } from '../products/upsert-products.ts';
import { csvOptions } from './csv-options.ts';
import { type ReadFeed, readFeed } from './read-feed.ts';
import { readProductRows } from './read-rows.ts';

/** Fifty thousand rows of a thousand letters. */
const FILE_BYTES_MAX = 50 * 1024 * 1024;
const AT_ONCE_MAX = 500;
const ERRORS_SHOWN_MAX = 1_000;

/** Products out of files. */
export const productImportRoutes: Routes = (serve, app) => {
  takeFiles(app, 'text/csv', readCsv);
  takeFiles(app, 'application/xml', readFeed);
  takeFiles(app, 'text/xml', readFeed);

  serve(api.importProducts, async ({ ctx, body: { name, rows } }) => {
    const { products, faults, failed } = readProductRows(rows, `feed:${name}`);
    const counts = { created: 0, changed: 0 };
    for (let at = 0; at < products.length; at += AT_ONCE_MAX) {
      for (const { kind } of await upsertProducts(ctx, products.slice(at, at + AT_ONCE_MAX))) {
        if (kind === 'created' || kind === 'changed') counts[kind] += 1;
      }
    }
    const answer = { rows: rows.length, products: products.length, ...counts, failed };
    await recordAudit(ctx, { action: 'catalog.imported', subject: `feed:${name}`, detail: answer });
    return { ...answer, errors: faults.slice(0, ERRORS_SHOWN_MAX) };
  });
};

/** A file cannot say what its feed is called: the header `x-feed-name` does. */
function takeFiles(app: FastifyInstance, type: string, read: (text: string) => ReadFeed): void {
  const options = { parseAs: 'string', bodyLimit: FILE_BYTES_MAX } as const;
  app.addContentTypeParser(type, options, async (request: FastifyRequest, body: string) => {
    const file = read(body);
    if (file.kind === 'rows' && file.rows.length <= PRODUCT_ROWS_MAX) {
      const name = /^[a-z0-9][a-z0-9_-]{0,59}$/.exec(String(request.headers['x-feed-name'] ?? ''))?.[0];
      return { ...(name !== undefined && { name }), rows: file.rows };
    }
    const message =
      file.kind === 'rows' ? `has ${file.rows.length} rows; give at most ${PRODUCT_ROWS_MAX} at a time` : file.message;
    throw new AppError('invalid', 'The request cannot be read', {
      details: [{ field: '', message: `the file ${message}` }],
    });
  });
}

function readCsv(text: string): ReadFeed {
  try {
    const rows: Record<string, string>[] = parse(text, csvOptions(text));
    if (rows.length === 0) return { kind: 'refused', message: 'has no rows; begin with a line of column names' };
    return { kind: 'rows', rows };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const { lines } = error as CsvError & { lines?: number };
    return {
      kind: 'refused',
      message: `cannot be read${lines === undefined ? '' : ` at line ${lines}`}: ${error.message}`,
    };
  }
}

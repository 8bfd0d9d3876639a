import type { AnswerOf, api } from '@segue/contract';
import { publicId } from '../../../platform/ids/index.ts';
import type { FeedRowOf } from './feed-store.ts';
import type { FeedRun } from './run-store.ts';

type PresentedFeed = AnswerOf<typeof api.updateProductFeed>;
type PresentedRun = AnswerOf<typeof api.getProductFeed>['runs'][number];

export function presentFeed(row: FeedRowOf): PresentedFeed {
  return {
    ...{ id: publicId('pfd', row.id), name: row.name, url: row.url, hasCredentials: row.credentials !== null },
    ...{ currency: row.currency, intervalMinutes: row.interval_minutes, archivesMissing: row.archives_missing },
    ...{ enabled: row.is_enabled, failures: row.failures },
    nextAt: row.is_enabled ? row.due_at.toISOString() : null,
    ...{ createdAt: row.created_at.toISOString(), updatedAt: row.updated_at.toISOString() },
  };
}

export function presentRun(run: FeedRun): PresentedRun {
  const { bytes, rows, refused, products, created, changed, archived, kept } = run;
  return {
    id: publicId('pfr', run.id),
    state: run.state === 'fetching' || run.state === 'applying' ? 'running' : run.state,
    ...{ begunAt: run.begun_at.toISOString(), endedAt: run.ended_at?.toISOString() ?? null },
    tookMs: run.ended_at === null ? null : run.ended_at.getTime() - run.begun_at.getTime(),
    ...{ httpStatus: run.http_status, bytes, rows, taken: rows - refused, refused },
    ...{ products, created, changed, archived, kept, message: run.fault },
    errors: run.errors.map(({ row, field, message }) => ({ row, field, message })),
  };
}

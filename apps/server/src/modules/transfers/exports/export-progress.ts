import type { Ctx } from '../../../platform/context.ts';
import { countProfiles } from '../../profiles/index.ts';
import { countMembers } from '../../segments/index.ts';
import { beginDownload, type ExportRow, moveDownload } from './export-store.ts';
import { countPast } from './history-sql.ts';
import { pastOf } from './read-rows.ts';

/** Told anew whenever so many more were looked at. */
const STEP = 1_000;

/** How far a download has come, as the export itself tells it. */
export interface Progress {
  /** So many customers or events more were looked at. */
  readonly look: (count: number) => Promise<void>;
  /** Passes on what is to be written, and tells at the end that all of it is. */
  follow<T>(pages: AsyncIterable<readonly T[]>): AsyncIterable<readonly T[]>;
}

/**
 * Begins to tell of a download anew. `passes`: how often everything is looked at. What is to be looked at is counted now, so
 * customers that come meanwhile are beyond it, and those restricted are looked at without being written.
 */
export async function openProgress(ctx: Ctx, row: ExportRow, passes: number): Promise<Progress> {
  const toLookAt = (await countSubjects(ctx, row)) * passes;
  const at = new Date(ctx.clock.now());
  await beginDownload(ctx.sql, ctx.workspaceId, { id: row.id, toLookAt, at });
  let [looked, written, told] = [0, 0, 0];
  const tell = (endedAt: Date | null) =>
    moveDownload(ctx.sql, ctx.workspaceId, { id: row.id, lookedAt: looked, written, startedAt: at, endedAt });
  return {
    async look(count) {
      looked += count;
      if (looked - told < STEP) return;
      told = looked;
      await tell(null);
    },
    async *follow(pages) {
      for await (const page of pages) {
        yield page;
        written += page.length;
      }
      await tell(new Date(ctx.clock.now()));
    },
  };
}

async function countSubjects(ctx: Ctx, row: ExportRow): Promise<number> {
  switch (row.what) {
    case 'profiles':
    case 'consents':
      return countProfiles(ctx.sql, ctx.workspaceId);
    case 'segment': {
      const id = row.segment_id!;
      return (await countMembers(ctx.sql, ctx.workspaceId, [id])).get(id) ?? 0;
    }
    case 'events':
    case 'orders':
      return countPast(ctx.history, pastOf(ctx, row));
  }
}

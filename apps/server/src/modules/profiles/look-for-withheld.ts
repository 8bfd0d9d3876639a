import { pageSubjects } from '../../platform/eventlog/index.ts';
import type { Postgres } from '../../platform/postgres/index.ts';
import { profilingObjectedAt } from './profiling.ts';
import { isRestricted } from './restriction.ts';
import { endWithheldLook, lockWithheldLook, moveWithheldLook, noteWithheld } from './withheld-store.ts';

const PAGE_PROFILES = 2_000;

/**
 * Notes who was restricted, or objected to profiling, before such a note was kept: without it she would stand in members and
 * previews. At start, before anybody is evaluated; it goes on where it was left, is shared by processes that start at once,
 * and looks at every profile once in the life of a database. Answers how many it looked at.
 */
export async function lookForWithheld(postgres: Postgres, pageProfiles = PAGE_PROFILES): Promise<number> {
  let seen = 0;
  for (;;) {
    const looked = await postgres.transaction(async (sql) => {
      const after = await lockWithheldLook(sql);
      if (after === undefined) return undefined;
      const page = await pageSubjects(sql, { after, limit: pageProfiles });
      const withheld = page.filter(
        ({ subject }) => isRestricted(subject) || profilingObjectedAt(subject) !== undefined,
      );
      for (const workspaceId of new Set(withheld.map((one) => one.workspaceId))) {
        const theirs = withheld.filter((one) => one.workspaceId === workspaceId);
        await noteWithheld(
          sql,
          workspaceId,
          theirs.map(({ subject }) => subject.id),
        );
      }
      const last = page.at(-1);
      if (last === undefined || page.length < pageProfiles) await endWithheldLook(sql);
      else await moveWithheldLook(sql, { workspaceId: last.workspaceId, id: last.subject.id });
      return page.length;
    });
    if (looked === undefined) return seen;
    seen += looked;
  }
}

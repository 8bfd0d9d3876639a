import { readSubjects } from '../../../platform/eventlog/index.ts';
import type { Sql } from '../../../platform/postgres/index.ts';
import { isRestricted } from '../../profiles/index.ts';

/** Which of these profiles asked that nothing be done with their data: to tell others of them would be just that. */
export async function findRestricted(
  sql: Sql,
  workspaceId: number,
  profileIds: Iterable<string>,
): Promise<ReadonlySet<string>> {
  const subjects = await readSubjects(sql, workspaceId, [...new Set(profileIds)]);
  return new Set([...subjects].flatMap(([id, subject]) => (isRestricted(subject) ? [id] : [])));
}

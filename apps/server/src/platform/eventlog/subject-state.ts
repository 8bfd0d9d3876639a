import { arrayLiteral, type Sql } from '../postgres/index.ts';
import { Subject } from './subject.ts';

/** Locks subjects in id order and reads them. Ids without a row are left out. */
export async function lockSubjects(
  sql: Sql,
  workspaceId: number,
  ids: readonly string[],
): Promise<Map<string, Subject>> {
  const subjects = new Map<string, Subject>();
  if (ids.length === 0) return subjects;
  const { rows } = await sql.query<{ subject_id: string; state: Buffer }>({
    name: 'subject_lock',
    text: `select subject_id, state from subject_state
           where workspace_id = $1 and subject_id = any($2::uuid[])
           order by subject_id for no key update`,
    values: [workspaceId, arrayLiteral(ids)],
  });
  for (const row of rows) subjects.set(row.subject_id, new Subject(row.subject_id, row.state));
  return subjects;
}

/** Reads subjects without locking them: for answers, never for decisions. */
export async function readSubjects(
  sql: Sql,
  workspaceId: number,
  ids: readonly string[],
): Promise<Map<string, Subject>> {
  const subjects = new Map<string, Subject>();
  if (ids.length === 0) return subjects;
  const { rows } = await sql.query<{ subject_id: string; state: Buffer }>({
    name: 'subject_read',
    text: 'select subject_id, state from subject_state where workspace_id = $1 and subject_id = any($2::uuid[])',
    values: [workspaceId, arrayLiteral(ids)],
  });
  for (const row of rows) subjects.set(row.subject_id, new Subject(row.subject_id, row.state));
  return subjects;
}

/** A place in the order of all subjects: behind this one. */
export interface SubjectPlace {
  readonly workspaceId: number;
  readonly id: string;
}

/** The subjects of every workspace behind a place, in order and not locked: for what has to look at each of them once. */
export async function pageSubjects(
  sql: Sql,
  page: { after: SubjectPlace; limit: number },
): Promise<{ workspaceId: number; subject: Subject }[]> {
  const { rows } = await sql.query<{ workspace_id: number; subject_id: string; state: Buffer }>({
    // every workspace: what is new in the product is true of all.
    text: `select workspace_id, subject_id, state from subject_state where (workspace_id, subject_id) > ($1, $2::uuid)
           order by workspace_id, subject_id limit $3`,
    values: [page.after.workspaceId, page.after.id, page.limit],
  });
  return rows.map((row) => ({ workspaceId: row.workspace_id, subject: new Subject(row.subject_id, row.state) }));
}

/** Writes states in one statement. All bytes travel as one binary parameter, cut up again by offset and length. */
export async function saveSubjects(sql: Sql, workspaceId: number, subjects: readonly Subject[]): Promise<void> {
  await writeStates(sql, UPDATE, { workspaceId, subjects });
}

export async function insertSubjects(sql: Sql, workspaceId: number, subjects: readonly Subject[]): Promise<void> {
  await writeStates(sql, INSERT, { workspaceId, subjects });
}

export async function deleteSubjects(sql: Sql, workspaceId: number, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await sql.query({
    name: 'subject_delete',
    text: 'delete from subject_state where workspace_id = $1 and subject_id = any($2::uuid[])',
    values: [workspaceId, arrayLiteral(ids)],
  });
}

const UPDATE = {
  name: 'subject_save',
  text: `update subject_state s set state = substring($3::bytea from d.first for d.length)
         from unnest($2::uuid[], $4::integer[], $5::integer[]) as d(id, first, length)
         where s.workspace_id = $1 and s.subject_id = d.id`,
};
const INSERT = {
  name: 'subject_insert',
  text: `insert into subject_state (workspace_id, subject_id, state)
         select $1, d.id, substring($3::bytea from d.first for d.length)
         from unnest($2::uuid[], $4::integer[], $5::integer[]) as d(id, first, length)`,
};

async function writeStates(
  sql: Sql,
  statement: { name: string; text: string },
  { workspaceId, subjects }: { workspaceId: number; subjects: readonly Subject[] },
): Promise<void> {
  if (subjects.length === 0) return;
  const states = subjects.map((subject) => subject.encode());
  const firsts: number[] = [];
  let offset = 1;
  for (const state of states) {
    firsts.push(offset);
    offset += state.length;
  }
  const { rowCount } = await sql.query({
    ...statement,
    values: [
      workspaceId,
      arrayLiteral(subjects.map((subject) => subject.id)),
      Buffer.concat(states),
      arrayLiteral(firsts),
      arrayLiteral(states.map((state) => state.length)),
    ],
  });
  if (rowCount !== subjects.length) throw new Error(`wrote ${rowCount} of ${subjects.length} subject states`);
}

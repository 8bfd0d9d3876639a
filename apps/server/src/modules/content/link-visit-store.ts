import type { Sql } from '../../platform/postgres/index.ts';
import type { TrackedClick } from './visit-events.ts';

export interface NewLinkVisit {
  readonly id: string;
  readonly messageId: string;
  readonly link: string;
  readonly at: number;
  /** Undefined: it is decided already. */
  readonly dueAt: number | undefined;
  readonly click: TrackedClick;
}

export async function insertLinkVisit(sql: Sql, workspaceId: number, visit: NewLinkVisit): Promise<void> {
  await sql.query({
    name: 'link_visit_insert',
    text: `insert into link_visit (workspace_id, id, message_id, link, visited_at, due_at, click)
           values ($1, $2, $3, $4, $5, $6, $7::jsonb)`,
    values: [
      workspaceId,
      visit.id,
      visit.messageId,
      visit.link,
      new Date(visit.at),
      visit.dueAt === undefined ? null : new Date(visit.dueAt),
      JSON.stringify(visit.click),
    ],
  });
}

export interface LinkVisitRow {
  id: string;
  message_id: string;
  link: string;
  visited_at: Date;
  click: TrackedClick;
}

/** Workspaces in which visits wait for a decision that is due. Served by `link_visit_due`. */
export async function listWorkspacesWithDueVisits(sql: Sql, now: number): Promise<number[]> {
  const { rows } = await sql.query<{ workspace_id: number }>({
    name: 'link_visit_due_workspaces',
    // every workspace: one loop decides for all of them.
    text: `select distinct workspace_id from link_visit where due_at <= $1 limit 100`,
    values: [new Date(now)],
  });
  return rows.map((row) => row.workspace_id);
}

/** Takes due visits: whoever commits has decided them, nobody else. */
export async function takeDueVisits(
  sql: Sql,
  workspaceId: number,
  options: { now: number; limit: number },
): Promise<LinkVisitRow[]> {
  const { rows } = await sql.query<LinkVisitRow>({
    name: 'link_visit_take_due',
    text: `update link_visit v set due_at = null
           from (
             select id from link_visit where workspace_id = $1 and due_at <= $2
             order by due_at limit $3 for update skip locked
           ) due
           where v.workspace_id = $1 and v.id = due.id
           returning v.id, v.message_id, v.link, v.visited_at, v.click`,
    values: [workspaceId, new Date(options.now), options.limit],
  });
  return rows;
}

/** The links of these messages that were visited in this time, each visit. Served by `link_visit_near`. */
export async function findVisitsOfMessages(
  sql: Sql,
  workspaceId: number,
  { messageIds, fromMs, toMs }: { messageIds: readonly string[]; fromMs: number; toMs: number },
): Promise<Pick<LinkVisitRow, 'message_id' | 'link' | 'visited_at'>[]> {
  if (messageIds.length === 0) return [];
  const { rows } = await sql.query<Pick<LinkVisitRow, 'message_id' | 'link' | 'visited_at'>>({
    name: 'link_visit_of_messages',
    text: `select distinct message_id, link, visited_at from link_visit
           where workspace_id = $1 and message_id = any($2::text[]) and visited_at between $3 and $4`,
    values: [workspaceId, messageIds, new Date(fromMs), new Date(toMs)],
  });
  return rows;
}

/** Decided visits are of no use once no other can be close to them. */
export async function deleteVisitsBefore(sql: Sql, before: number): Promise<void> {
  await sql.query({
    name: 'link_visit_delete_old',
    // every workspace: the passing of time is the same for all of them.
    text: `delete from link_visit where visited_at < $1 and due_at is null`,
    values: [new Date(before)],
  });
}

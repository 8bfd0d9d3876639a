import type { JsonObject } from '../../platform/json.ts';
import { arrayLiteral, type Sql } from '../../platform/postgres/index.ts';
import type { ChainedEntry, ChainHead, StoredLink } from './audit-chain.ts';

/** Locks the chain until the transaction ends. Undefined: it has not begun. */
export async function lockChain(sql: Sql, workspaceId: number): Promise<ChainHead | undefined> {
  const { rows } = await sql.query<ChainHead>({
    name: 'audit_chain_lock',
    text: 'select seq, hash from audit_chain where workspace_id = $1 for no key update',
    values: [workspaceId],
  });
  return rows[0];
}

/**
 * The last link as committed, none where no chain has begun, and the first entry that claims a place behind it: in one
 * statement, so that a change made meanwhile is not taken for one.
 */
export async function readChainEnd(
  sql: Sql,
  workspaceId: number,
): Promise<{ head: ChainHead | undefined; beyondId: string | undefined }> {
  const { rows } = await sql.query<{ seq: number | null; hash: Buffer | null; beyond_id: string | null }>({
    text: `select c.seq, c.hash,
             (select e.id from audit_entry e where e.workspace_id = w.id and e.seq > coalesce(c.seq, 0)
              order by e.seq limit 1) as beyond_id
           from workspace w left join audit_chain c on c.workspace_id = w.id where w.id = $1`,
    values: [workspaceId],
  });
  const { seq = null, hash = null, beyond_id = null } = rows[0] ?? {};
  return { head: seq === null || hash === null ? undefined : { seq, hash }, beyondId: beyond_id ?? undefined };
}

/** Of two that begin a chain at once, the second waits here and then finds it. */
export async function beginChain(sql: Sql, workspaceId: number, head: ChainHead): Promise<void> {
  await sql.query({
    text: 'insert into audit_chain (workspace_id, seq, hash) values ($1, $2, $3) on conflict do nothing',
    values: [workspaceId, head.seq, head.hash],
  });
}

/** Writes links and moves the head to the last of them, in one statement. */
export async function insertLinks(sql: Sql, workspaceId: number, links: readonly StoredLink[]): Promise<void> {
  const last = links.at(-1)!;
  await sql.query({
    name: 'audit_link_insert',
    text: `with head as (update audit_chain set seq = $12, hash = $13 where workspace_id = $1)
           insert into audit_entry (workspace_id, id, at, actor_kind, actor_id, ip, action, subject, detail, seq, hash)
           select $1, id, 'epoch'::timestamptz + at_us * interval '1 microsecond', actor_kind, actor_id, ip, action,
                  subject, detail::jsonb, seq, decode(hash, 'hex')
           from unnest($2::uuid[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
                       $10::bigint[], $11::text[])
             as t (id, at_us, actor_kind, actor_id, ip, action, subject, detail, seq, hash)`,
    values: [
      workspaceId,
      arrayLiteral(links.map((link) => link.id)),
      arrayLiteral(links.map((link) => link.atUs)),
      links.map((link) => link.actorKind),
      links.map((link) => link.actorId),
      links.map((link) => link.ip),
      links.map((link) => link.action),
      links.map((link) => link.subject),
      links.map((link) => (link.detail === null ? null : JSON.stringify(link.detail))),
      arrayLiteral(links.map((link) => link.seq)),
      links.map((link) => link.hash.toString('hex')),
      last.seq,
      last.hash,
    ],
  });
}

const FORM = `id, (extract(epoch from at) * 1000000)::bigint::text as "atUs", actor_kind as "actorKind",
  actor_id as "actorId", ip, action, subject, detail`;

/** Links behind `seq`, in order. */
export async function listLinks(
  sql: Sql,
  workspaceId: number,
  page: { afterSeq: number; untilSeq: number; limit: number },
): Promise<StoredLink[]> {
  const { rows } = await sql.query<StoredLink>({
    text: `select ${FORM}, seq, hash from audit_entry
           where workspace_id = $1 and seq > $2 and seq <= $3 order by seq limit $4`,
    values: [workspaceId, page.afterSeq, page.untilSeq, page.limit],
  });
  return rows;
}

/** Entries that claim no place in the chain, or one before its first, by id. */
export async function listEarlierEntries(
  sql: Sql,
  workspaceId: number,
  page: { afterId: string; limit: number },
): Promise<ChainedEntry[]> {
  const { rows } = await sql.query<ChainedEntry>({
    text: `select ${FORM} from audit_entry where workspace_id = $1 and (seq is null or seq < 1) and id > $2 order by id limit $3`,
    values: [workspaceId, page.afterId, page.limit],
  });
  return rows;
}

/** The detail of a link. */
export async function findLinkDetail(
  sql: Sql,
  workspaceId: number,
  asked: { seq: number; action: string },
): Promise<JsonObject | undefined> {
  const { rows } = await sql.query<{ detail: JsonObject | null }>({
    text: 'select detail from audit_entry where workspace_id = $1 and seq = $2 and action = $3',
    values: [workspaceId, asked.seq, asked.action],
  });
  return rows[0]?.detail ?? undefined;
}

/** Workspaces by number, those whose chain is gone too. */
export async function listAudited(sql: Sql): Promise<number[]> {
  // every workspace: the doctor looks at each.
  const { rows } = await sql.query<{ id: number }>({ text: 'select id from workspace order by id' });
  return rows.map((row) => row.id);
}

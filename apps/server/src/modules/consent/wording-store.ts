import type { Sql } from '../../platform/postgres/index.ts';

/** One version of a text customers agree to. */
export interface WordingVersion {
  readonly id: string;
  readonly version: number;
  readonly language: string;
  readonly text: string;
  readonly createdMs: number;
}

const COLUMNS = `wording as id, version, language, text, (extract(epoch from created_at) * 1000)::float8 as "createdMs"`;

/** One version, or the newest when none is named. */
export async function findWording(
  sql: Sql,
  workspaceId: number,
  { id, version }: { id: string; version?: number | undefined },
): Promise<WordingVersion | undefined> {
  const { rows } = await sql.query<WordingVersion>({
    text: `select ${COLUMNS} from consent_wording
           where workspace_id = $1 and wording = $2 and ($3::integer is null or version = $3)
           order by version desc limit 1`,
    values: [workspaceId, id, version ?? null],
  });
  return rows[0];
}

/** Adds a version unless the newest says the same; answers the one that holds. Writers of one wording take turns. */
export async function writeWording(
  sql: Sql,
  workspaceId: number,
  { wording, now }: { wording: Pick<WordingVersion, 'id' | 'language' | 'text'>; now: number },
): Promise<WordingVersion> {
  await sql.query({
    text: `select pg_advisory_xact_lock(hashtextextended('wording of ' || $1::int || ' ' || $2::text, 0))`,
    values: [workspaceId, wording.id],
  });
  const newest = await findWording(sql, workspaceId, { id: wording.id });
  if (newest?.text === wording.text && newest.language === wording.language) return newest;
  const { rows } = await sql.query<WordingVersion>({
    text: `insert into consent_wording (workspace_id, wording, version, language, text, created_at)
           values ($1, $2, $3, $4, $5, $6) returning ${COLUMNS}`,
    values: [workspaceId, wording.id, (newest?.version ?? 0) + 1, wording.language, wording.text, new Date(now)],
  });
  return rows[0]!;
}

/** Every version, by name and newest first; one row more than `limit` when there are more. */
export async function pageWordings(
  sql: Sql,
  workspaceId: number,
  options: { limit: number; after: readonly (string | number)[] | undefined },
): Promise<WordingVersion[]> {
  const [id, version] = options.after ?? [null, null];
  const { rows } = await sql.query<WordingVersion>({
    text: `select ${COLUMNS} from consent_wording
           where workspace_id = $1 and ($3::text is null or wording > $3 or (wording = $3 and version < $4::float8))
           order by wording, version desc limit $2::int + 1`,
    values: [workspaceId, options.limit, id, version],
  });
  return rows;
}

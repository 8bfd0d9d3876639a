import type { Sql } from '../../platform/postgres/index.ts';
import type { VersionContent } from './version-content.ts';

export interface TemplateRow {
  id: string;
  channel: string;
  name: string;
  version_id: string;
  number: number;
  content: VersionContent;
  created_at: Date;
  updated_at: Date;
}

const TEMPLATE_COLUMNS = 't.id, t.channel, t.name, t.created_at, t.updated_at, v.id as version_id, v.number, v.content';
const WITH_CURRENT =
  'from template t join template_version v on v.workspace_id = t.workspace_id and v.id = t.current_version';

export async function insertTemplate(
  sql: Sql,
  workspaceId: number,
  template: { id: string; channel: string; name: string; versionId: string; nowMs: number },
): Promise<void> {
  await sql.query({
    text: `insert into template (workspace_id, id, channel, name, current_version, created_at, updated_at)
           values ($1, $2, $3, $4, $5, to_timestamp($6::float8 / 1000), to_timestamp($6::float8 / 1000))`,
    values: [workspaceId, template.id, template.channel, template.name, template.versionId, template.nowMs],
  });
}

export async function insertVersion(
  sql: Sql,
  workspaceId: number,
  version: { id: string; templateId: string; number: number; content: VersionContent; nowMs: number },
): Promise<void> {
  await sql.query({
    text: `insert into template_version (workspace_id, id, template_id, number, content, created_at)
           values ($1, $2, $3, $4, $5::jsonb, to_timestamp($6::float8 / 1000))`,
    values: [
      workspaceId,
      version.id,
      version.templateId,
      version.number,
      JSON.stringify(version.content),
      version.nowMs,
    ],
  });
}

export async function updateTemplateRow(
  sql: Sql,
  workspaceId: number,
  template: { id: string; name: string; versionId: string; nowMs: number },
): Promise<void> {
  await sql.query({
    text: `update template set name = $3, current_version = $4, updated_at = to_timestamp($5::float8 / 1000)
           where workspace_id = $1 and id = $2`,
    values: [workspaceId, template.id, template.name, template.versionId, template.nowMs],
  });
}

/** Holds the template until the transaction ends: nobody else adds a version. Read it only after, or what is read may be old. */
export async function lockTemplate(sql: Sql, workspaceId: number, id: string): Promise<void> {
  await sql.query({
    text: 'select 1 from template where workspace_id = $1 and id = $2 for update',
    values: [workspaceId, id],
  });
}

/** The template with its current version. */
export async function findTemplate(sql: Sql, workspaceId: number, id: string): Promise<TemplateRow | undefined> {
  const { rows } = await sql.query<TemplateRow>({
    text: `select ${TEMPLATE_COLUMNS} ${WITH_CURRENT} where t.workspace_id = $1 and t.id = $2`,
    values: [workspaceId, id],
  });
  return rows[0];
}

/** Newest first; one row more than `limit` when there are more. */
export async function pageTemplates(
  sql: Sql,
  workspaceId: number,
  options: { limit: number; beforeId: string | undefined },
): Promise<TemplateRow[]> {
  const { rows } = await sql.query<TemplateRow>({
    text: `select ${TEMPLATE_COLUMNS} ${WITH_CURRENT}
           where t.workspace_id = $1 and ($3::uuid is null or t.id < $3)
           order by t.id desc limit $2::int + 1`,
    values: [workspaceId, options.limit, options.beforeId ?? null],
  });
  return rows;
}

export interface VersionRow {
  id: string;
  template_id: string;
  number: number;
  content: VersionContent;
}

export async function findVersions(
  sql: Sql,
  workspaceId: number,
  versionIds: readonly string[],
): Promise<VersionRow[]> {
  const { rows } = await sql.query<VersionRow>({
    name: 'template_versions',
    text: `select id, template_id, number, content from template_version where workspace_id = $1 and id = any($2::uuid[])`,
    values: [workspaceId, versionIds],
  });
  return rows;
}

/** The version each template stands at now; unknown templates are left out. */
export async function currentTemplateVersion(
  sql: Sql,
  workspaceId: number,
  templateIds: readonly string[],
): Promise<Map<string, string>> {
  if (templateIds.length === 0) return new Map();
  const { rows } = await sql.query<{ id: string; current_version: string }>({
    name: 'template_current',
    text: `select id, current_version from template where workspace_id = $1 and id = any($2::uuid[])`,
    values: [workspaceId, [...new Set(templateIds)]],
  });
  return new Map(rows.map((row) => [row.id, row.current_version]));
}

/** The template of a purpose; undefined until it was made. */
export async function findTemplateOfPurpose(
  sql: Sql,
  workspaceId: number,
  purpose: string,
): Promise<string | undefined> {
  const { rows } = await sql.query<{ id: string }>({
    name: 'template_of_purpose',
    text: 'select id from template where workspace_id = $1 and purpose = $2',
    values: [workspaceId, purpose],
  });
  return rows[0]?.id;
}

/** False when somebody else made it meanwhile. */
export async function insertTemplateOfPurpose(
  sql: Sql,
  workspaceId: number,
  template: { id: string; name: string; versionId: string; nowMs: number; purpose: string },
): Promise<boolean> {
  const { rowCount } = await sql.query({
    text: `insert into template (workspace_id, id, channel, name, current_version, created_at, updated_at, purpose)
           values ($1, $2, 'email', $3, $4, to_timestamp($5::float8 / 1000), to_timestamp($5::float8 / 1000), $6)
           on conflict (workspace_id, purpose) where purpose is not null do nothing`,
    values: [workspaceId, template.id, template.name, template.versionId, template.nowMs, template.purpose],
  });
  return rowCount > 0;
}

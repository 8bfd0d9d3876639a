import type { Sql } from '../../platform/postgres/index.ts';
import type { TemplateVersion } from './render-email.ts';
import { findVersions } from './template-store.ts';

/** Versions never change, so what is remembered stays right; each keeps its parsed form beside it. */
const REMEMBERED_MAX = 500;

/** Loads template versions and remembers those used last. */
export type LoadTemplateVersions = (
  sql: Sql,
  workspaceId: number,
  versionIds: readonly string[],
) => Promise<Map<string, TemplateVersion>>;

export function createVersionLoader(rememberedMax: number): LoadTemplateVersions {
  const remembered = new Map<string, TemplateVersion>();
  return async (sql, workspaceId, versionIds) => {
    const found = new Map<string, TemplateVersion>();
    const unknown: string[] = [];
    for (const id of new Set(versionIds)) {
      const version = remembered.get(`${workspaceId}:${id}`);
      if (version === undefined) unknown.push(id);
      else found.set(id, version);
    }
    const rows = unknown.length === 0 ? [] : await findVersions(sql, workspaceId, unknown);
    for (const row of rows)
      found.set(row.id, { id: row.id, templateId: row.template_id, number: row.number, content: row.content });
    for (const [id, version] of found) remember(remembered, `${workspaceId}:${id}`, { version, rememberedMax });
    return found;
  };
}

function remember(
  remembered: Map<string, TemplateVersion>,
  key: string,
  options: { version: TemplateVersion; rememberedMax: number },
): void {
  remembered.delete(key);
  remembered.set(key, options.version);
  for (const oldest of remembered.keys()) {
    if (remembered.size <= options.rememberedMax) break;
    remembered.delete(oldest);
  }
}

/** The versions by id, unknown ids left out. One query for those not used lately. */
export const loadTemplateVersions: LoadTemplateVersions = createVersionLoader(REMEMBERED_MAX);

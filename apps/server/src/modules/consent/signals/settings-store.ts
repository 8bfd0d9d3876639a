import type { ConsentSettings } from '@segue/contract';
import type { Sql } from '../../../platform/postgres/index.ts';

const NONE: ConsentSettings = { categoryTopics: [], optWords: [] };

/** What a workspace decides about consent signals. */
export async function readSignalSettings(sql: Sql, workspaceId: number): Promise<ConsentSettings> {
  const { rows } = await sql.query<{
    category_topics: ConsentSettings['categoryTopics'];
    opt_words: ConsentSettings['optWords'];
  }>({
    name: 'consent_settings_read',
    text: 'select category_topics, opt_words from consent_settings where workspace_id = $1',
    values: [workspaceId],
  });
  const [row] = rows;
  return row === undefined ? NONE : { categoryTopics: row.category_topics, optWords: row.opt_words };
}

export async function writeSignalSettings(
  sql: Sql,
  workspaceId: number,
  { settings, nowMs }: { settings: ConsentSettings; nowMs: number },
): Promise<void> {
  await sql.query({
    text: `insert into consent_settings (workspace_id, category_topics, opt_words, updated_at)
           values ($1, $2, $3, to_timestamp($4::float8 / 1000))
           on conflict (workspace_id) do update set category_topics = excluded.category_topics,
             opt_words = excluded.opt_words, updated_at = excluded.updated_at`,
    values: [workspaceId, JSON.stringify(settings.categoryTopics), JSON.stringify(settings.optWords), nowMs],
  });
}

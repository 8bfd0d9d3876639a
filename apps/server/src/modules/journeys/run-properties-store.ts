import type { JsonObject } from '../../platform/json.ts';
import { arrayLiteral, type Sql } from '../../platform/postgres/index.ts';

/** What a run was entered by. */
export interface RunProperties {
  readonly profileId: string;
  readonly enteredAtMs: number;
  /** Of the event. */
  readonly properties: JsonObject;
}

/** By run. */
export async function readRunProperties(
  sql: Sql,
  workspaceId: number,
  runIds: readonly string[],
): Promise<Map<string, RunProperties>> {
  if (runIds.length === 0) return new Map();
  const { rows } = await sql.query<{ id: string; profile_id: string; entered_ms: number; context: JsonObject }>({
    name: 'journey_run_properties',
    text: `select id, profile_id, entered_ms, context from journey_run
           where workspace_id = $1 and id = any($2::uuid[])`,
    values: [workspaceId, arrayLiteral(runIds)],
  });
  return new Map(
    rows.map(({ id, profile_id: profileId, entered_ms: enteredAtMs, context: properties }) => [
      id,
      { profileId, enteredAtMs, properties },
    ]),
  );
}

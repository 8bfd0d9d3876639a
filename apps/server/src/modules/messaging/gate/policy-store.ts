import type { Sql } from '../../../platform/postgres/index.ts';
import { DEFAULT_POLICY, type FrequencyCap, type SendPolicy } from './send-policy.ts';

type Rules = Omit<SendPolicy, 'cap' | 'lessOften'>;

interface PolicyRow {
  cap_max: number;
  cap_window_ms: number;
  less_often_max: number | null;
  less_often_window_ms: number | null;
  rules: Partial<Rules> | null;
}

/** What a workspace set; the defaults where nothing was. */
export async function findPolicy(sql: Sql, workspaceId: number): Promise<SendPolicy> {
  const { rows } = await sql.query<PolicyRow>({
    name: 'send_policy_find',
    text: `select cap_max, cap_window_ms, less_often_max, less_often_window_ms, rules from send_policy where workspace_id = $1`,
    values: [workspaceId],
  });
  const [row] = rows;
  if (row === undefined) return DEFAULT_POLICY;
  const { lessOften } = DEFAULT_POLICY;
  return {
    ...DEFAULT_POLICY,
    ...row.rules,
    cap: { limitMax: row.cap_max, windowMs: row.cap_window_ms },
    lessOften: {
      limitMax: row.less_often_max ?? lessOften.limitMax,
      windowMs: row.less_often_window_ms ?? lessOften.windowMs,
    },
  };
}

/** What "less often" comes to in a workspace: what the preference page promises is what the gate keeps. */
export async function readLessOften(sql: Sql, workspaceId: number): Promise<FrequencyCap> {
  return (await findPolicy(sql, workspaceId)).lessOften;
}

export async function writePolicy(
  sql: Sql,
  workspaceId: number,
  { policy, now }: { policy: SendPolicy; now: number },
): Promise<void> {
  const { cap, lessOften, ...rules } = policy;
  await sql.query({
    text: `insert into send_policy (workspace_id, cap_max, cap_window_ms, less_often_max, less_often_window_ms, rules, updated_at)
           values ($1, $2, $3, $4, $5, $6, $7)
           on conflict (workspace_id) do update set cap_max = excluded.cap_max, cap_window_ms = excluded.cap_window_ms,
             less_often_max = excluded.less_often_max, less_often_window_ms = excluded.less_often_window_ms,
             rules = excluded.rules, updated_at = excluded.updated_at`,
    values: [
      workspaceId,
      cap.limitMax,
      cap.windowMs,
      lessOften.limitMax,
      lessOften.windowMs,
      JSON.stringify(rules),
      new Date(now),
    ],
  });
}

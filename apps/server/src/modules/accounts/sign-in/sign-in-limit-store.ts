import type { Sql } from '../../../platform/postgres/index.ts';
import type { RateRule } from './lockout.ts';

/**
 * Counts one more try with an address; a count whose last try is as old as `forgottenAt` begins anew, and what comes beyond
 * `triesMax` does not make it younger. Answers the count.
 */
export async function countTry(
  sql: Sql,
  addressHash: Buffer,
  when: { at: Date; forgottenAt: Date; triesMax: number },
): Promise<number> {
  const { rows } = await sql.query<{ failures: number }>({
    // every workspace: whoever signs in has none yet.
    text: `insert into sign_in_failure as f (address_hash, failures, last_at) values ($1, 1, $2)
           on conflict (address_hash) do update
             set failures = case when f.last_at <= $3 then 1 else least(f.failures, $4) + 1 end,
                 last_at = case when f.last_at > $3 and f.failures >= $4 then f.last_at else $2 end
           returning failures`,
    values: [addressHash, when.at, when.forgottenAt, when.triesMax],
  });
  return rows[0]!.failures;
}

export async function forgetTries(sql: Sql, addressHash: Buffer): Promise<void> {
  // every workspace: whoever signs in has none yet.
  await sql.query({ text: 'delete from sign_in_failure where address_hash = $1', values: [addressHash] });
}

/** Counts a call in the window it falls into; answers when the window ends if that was one too many. */
export async function countCall(
  sql: Sql,
  call: { key: Buffer; rule: RateRule; nowMs: number },
): Promise<{ refusedUntilMs: number } | undefined> {
  const { key, rule, nowMs } = call;
  const { rows } = await sql.query<{ calls: number; window_started_at: Date }>({
    // every workspace: whoever signs in has none yet.
    text: `insert into sign_in_rate as r (key, window_started_at, calls) values ($1, $2, 1)
           on conflict (key) do update
             set calls = case when r.window_started_at <= $3 then 1 else r.calls + 1 end,
                 window_started_at = case when r.window_started_at <= $3 then $2 else r.window_started_at end
           returning calls, window_started_at`,
    values: [key, new Date(nowMs), new Date(nowMs - rule.windowMs)],
  });
  const row = rows[0]!;
  return row.calls <= rule.callsMax ? undefined : { refusedUntilMs: row.window_started_at.getTime() + rule.windowMs };
}

const SWEPT_MAX = 1_000;

/** Forgets what has run out, a slice at a time; answers how many rows. */
export async function deleteRunOut(sql: Sql, limitsBefore: Date): Promise<number> {
  const slices = [
    { table: 'sign_in_failure', condition: 'last_at < $1' },
    { table: 'sign_in_rate', condition: 'window_started_at < $1' },
    // The library counts these in real time.
    { table: 'login_session', condition: 'expires_at < now()' },
    { table: 'login_proof', condition: 'expires_at < now()' },
  ];
  let swept = 0;
  for (const { table, condition } of slices) {
    const { rowCount } = await sql.query({
      // every workspace: whoever signs in has none yet.
      text: `delete from ${table} where ctid = any(array(select ctid from ${table} where ${condition} limit ${SWEPT_MAX}))`,
      values: condition.includes('$1') ? [limitsBefore] : [],
    });
    swept += rowCount;
  }
  return swept;
}

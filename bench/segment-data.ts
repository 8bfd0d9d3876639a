import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';

import type pg from 'pg';

export interface DataSize {
  readonly workspaceId: number;
  readonly profiles: number;
  readonly events: number;
  /** So many profiles did what they do not do again: their time in a window ends at one instant. */
  readonly trials: number;
  /** When the last event happened. */
  readonly nowMs: number;
}

const NODES_FROM = 1_000_000;

/** The same profiles, identifiers and states in PostgreSQL as `fillHistory` has events of, made in the engine itself. */
export async function fillPostgres(client: pg.Client, size: DataSize): Promise<void> {
  const { workspaceId, profiles, nowMs } = size;
  const id = `('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid`;
  const one = (text: string) =>
    client.query(text.replaceAll('$profiles', String(profiles)).replaceAll('$workspace', String(workspaceId)));
  await one(
    `insert into profile (workspace_id, id, created_at) select $workspace, ${id}, now() from generate_series(1, $profiles) n`,
  );
  await one(`insert into identity_node (id, workspace_id, kind, hash, value, profile_id) overriding system value
    select ${NODES_FROM} + n, $workspace, 2, md5('bench' || n)::uuid, '\\x', ${id} from generate_series(1, $profiles) n`);
  await one(`select setval(pg_get_serial_sequence('identity_node', 'id'), ${NODES_FROM} + $profiles + 1)`);
  // The state as the server keeps it: snappy over JSON, here one literal (https://github.com/google/snappy/blob/main/format_description.txt).
  const json = `'{"p":{"nodes":[[2,' || (${NODES_FROM} + n) || ']],"anchor":' || (${NODES_FROM} + n) ||
    ',"firstSeenMs":${nowMs},"lastSeenMs":${nowMs},"traits":{"plan":["' || case when n % 3 = 0 then 'plus ' else 'basic' end || '",${nowMs}]},"personal":""}}'`;
  await one(`insert into subject_state (workspace_id, subject_id, state)
    select $workspace, ${id}, set_byte(set_byte('\\x8000'::bytea, 0, (l & 127) | 128), 1, l >> 7)
      || set_byte(set_byte('\\xf40000'::bytea, 1, (l - 1) & 255), 2, (l - 1) >> 8) || convert_to(json, 'UTF8')
    from (select n, json, length(json) as l from (select n, ${json} as json from generate_series(1, $profiles) n) j) s`);
  await one('analyze profile');
  await one('analyze identity_node');
  await one('analyze subject_state');
}

/** Events of 90 days, spread over profiles and names, and the map that says whose each node is. */
export async function fillHistory(ask: AskHistory, size: DataSize): Promise<void> {
  const { workspaceId, profiles, events, trials, nowMs } = size;
  await ask(`insert into node_map select ${workspaceId}, ${NODES_FROM} + number + 1,
    toUUID(concat('00000000-0000-7000-8000-', leftPad(lower(hex(number + 1)), 12, '0'))), 1 from numbers(${profiles})`);
  const columns =
    'log, lane, seq, workspace_id, message_id, type, name, occurred_ms, received_ms, node, nodes, kinds, sealed, payload';
  const names = `['Product Viewed', 'Product Viewed', 'Product Viewed', 'Product List Viewed', 'Product Added', 'Product Added', 'Checkout Started', 'Order Completed']`;
  const categories = `['shoes', 'shirts', 'coats', 'bags', 'hats', 'socks']`;
  // Sequence 0: before every cut. Consumers of the log never ask for it.
  await ask(`insert into event (${columns})
    select 0, number % 16, 0, ${workspaceId}, toString(number), 'track', ${names}[1 + cityHash64(number, 1) % 8],
      ${nowMs} - cityHash64(number, 2) % (90 * 86400000) as at, at, ${NODES_FROM} + 1 + cityHash64(number, 3) % ${profiles} as node, [node], [2], '',
      concat('{"properties":{"category":"', ${categories}[1 + cityHash64(number, 4) % 6], '","total":', toString(cityHash64(number, 5) % 200), ',"currency":"EUR"},"source":1}')
    from numbers(${events})`);
  await ask(`insert into event (${columns})
    select 0, number % 16, 0, ${workspaceId}, concat('trial ', toString(number)), 'track', 'Trial Began', ${nowMs}, ${nowMs},
      ${NODES_FROM} + 1 + number as node, [node], [2], '', '{"properties":{},"source":1}' from numbers(${trials})`);
  await ask(`insert into event (${columns})
    select 0, number % 16, 0, ${workspaceId}, concat('identify ', toString(number)), 'identify', '', ${nowMs}, ${nowMs},
      ${NODES_FROM} + 1 + number as node, [node], [2], '',
      concat('{"traits":{"plan":"', if((number + 1) % 3 = 0, 'plus ', 'basic'), '"},"source":1}') from numbers(${profiles})`);
}

export type AskHistory = (sql: string) => Promise<string>;

/** A ClickHouse without a client between: what the engine itself takes. */
export function askHistoryAt(url: string): AskHistory {
  const place = new URL(url);
  const database = place.pathname.slice(1) || 'segue';
  const password = decodeURIComponent(place.password);
  return async (sql) => {
    const call = request({
      host: place.hostname,
      port: place.port,
      method: 'POST',
      path: `/?database=${database}`,
      headers: {
        'x-clickhouse-user': decodeURIComponent(place.username) || 'default',
        ...(password === '' ? {} : { 'x-clickhouse-key': password }),
      },
    });
    call.end(sql);
    const [answer] = (await once(call, 'response')) as [IncomingMessage];
    let text = '';
    for await (const piece of answer) text += String(piece);
    if (answer.statusCode !== 200) throw new Error(`history: ${answer.statusCode} ${text}`);
    return text.trim();
  };
}

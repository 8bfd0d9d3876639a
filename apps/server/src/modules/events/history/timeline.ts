import type { TimelineItem } from '@segue/contract';
import type { Ctx } from '../../../platform/context.ts';
import { open } from '../../../platform/crypto/index.ts';
import { decodeCursor, type Page, toPage } from '../../../platform/http/index.ts';
import type { Json, JsonObject } from '../../../platform/json.ts';
import { listNodeIds, openNodeKeys } from '../../profiles/index.ts';
import { joinPersonal } from '../intake/personal.ts';
import { readTimeline, type TimelineKey, type TimelineRow } from './history-sql.ts';

const MS_MAX = 8.64e15;
type Four = [number, number, number, number];

/** What happened to one profile, newest first, over every node it has; personal values opened while their keys exist. */
export async function listTimeline(
  ctx: Ctx,
  question: { profileId: string; limit: number; cursor: string | undefined },
): Promise<Page<TimelineItem>> {
  const nodes = await listNodeIds(ctx, question.profileId);
  if (nodes.length === 0) return { items: [], nextCursor: null };
  const rows = await readTimeline(ctx.history, {
    workspaceId: ctx.workspaceId,
    nodes,
    before: keyOfCursor(question.cursor),
    limit: question.limit + 1,
  });
  const keys = await openNodeKeys(
    { sql: ctx.sql, workspaceId: ctx.workspaceId, keys: await ctx.keysOf(ctx.workspaceId) },
    rows.filter((row) => row.sealed !== '').map((row) => row.node),
  );
  return toPage(rows, {
    limit: question.limit,
    keyOf: (row) => [row.occurred_ms, row.log, row.lane, row.seq],
    present: (row) => presentRow(row, keys.get(row.node)),
  });
}

function keyOfCursor(cursor: string | undefined): TimelineKey | undefined {
  const key = decodeCursor(cursor, ['number', 'number', 'number', 'number']);
  if (key === undefined) return undefined;
  // What a forged cursor says is brought within what the history can compare.
  const [occurredMs, log, lane, seq] = key.map((part) =>
    Math.trunc(Math.max(-MS_MAX, Math.min(Number(part), MS_MAX))),
  ) as Four;
  return { occurredMs, log, lane, seq };
}

function presentRow(row: TimelineRow, key: Buffer | undefined): TimelineItem {
  const clear = JSON.parse(row.payload) as Json;
  const whole =
    row.sealed === '' || key === undefined
      ? clear
      : joinPersonal(clear, JSON.parse(open(key, Buffer.from(row.sealed, 'base64')).toString('utf8')) as Json);
  const { properties, traits, context } = whole as {
    properties?: JsonObject;
    traits?: JsonObject;
    context?: JsonObject;
  };
  return {
    id: row.message_id,
    type: row.type,
    name: row.name,
    occurredAt: new Date(row.occurred_ms).toISOString(),
    receivedAt: new Date(row.received_ms).toISOString(),
    properties: properties ?? {},
    traits: traits ?? {},
    context: context ?? {},
  };
}

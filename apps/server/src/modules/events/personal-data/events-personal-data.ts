import type { Ctx } from '../../../platform/context.ts';
import { open } from '../../../platform/crypto/index.ts';
import { forgetDeadLetters, type LoggedEvent } from '../../../platform/eventlog/index.ts';
import type { Json, JsonObject } from '../../../platform/json.ts';
import {
  createTableKeeper,
  namesHer,
  type PersonalDataKeeper,
  type PersonalSubject,
} from '../../../platform/personal-data/index.ts';
import { openNodeKeys } from '../../profiles/index.ts';
import { readNodes } from '../history/subject-history.ts';
import { joinPersonal } from '../intake/personal.ts';
import { deleteRejections, pageRejectedItems } from './text-store.ts';

const PAGE_ITEMS = 500;

const tables = createTableKeeper({
  name: 'events',
  tables: [
    {
      table: 'webhook_delivery',
      kind: 'webhookDelivery',
      nodes: ['node_id'],
      order: ['created_at', 'id'],
      hidden: ['sealed', 'owner', 'claim', 'attempts'],
    },
    { table: 'test_event', nodes: ['node'], order: ['id'] },
  ],
});

/** What happened to her, as it was told; where it was told on; and what of it could not be taken. */
export const eventsPersonalData: PersonalDataKeeper = {
  name: tables.name,
  async *export(ctx, subject) {
    const keys = await nodeKeysOf(ctx, subject.nodes);
    for await (const event of readNodes(ctx.history, {
      sql: ctx.sql,
      workspaceId: ctx.workspaceId,
      nodes: subject.nodes,
    })) {
      yield { kind: 'event', data: presentEvent(event, keys) };
    }
    yield* tables.export(ctx, subject);
  },
  async erase(ctx, subject) {
    const { rows } = await tables.erase(ctx, subject);
    const letters = await forgetDeadLetters(ctx.sql, ctx.workspaceId, subject.nodes);
    return { rows: rows + letters + (await forgetRejections(ctx, subject)) };
  },
};

function nodeKeysOf(ctx: Ctx, nodes: readonly number[]): Promise<Map<number, Buffer>> {
  return ctx
    .keysOf(ctx.workspaceId)
    .then((keys) => openNodeKeys({ sql: ctx.sql, workspaceId: ctx.workspaceId, keys }, nodes));
}

function presentEvent(event: LoggedEvent, keys: ReadonlyMap<number, Buffer>): JsonObject {
  const key = event.sealed === '' ? undefined : keys.get(event.nodes[0]?.id ?? 0);
  const clear = event.payload as Json;
  const said =
    key === undefined
      ? clear
      : joinPersonal(clear, JSON.parse(open(key, Buffer.from(event.sealed, 'base64')).toString('utf8')) as Json);
  return {
    id: event.id,
    type: event.type,
    name: event.name,
    occurredAt: new Date(event.occurredAt).toISOString(),
    receivedAt: new Date(event.receivedAt).toISOString(),
    said,
  };
}

/** Samples of what was refused are sealed as they came: which of them name her is only told by opening each. */
async function forgetRejections(ctx: Ctx, { values }: PersonalSubject): Promise<number> {
  if (values.length === 0) return 0;
  const { wrapping } = await ctx.keysOf(ctx.workspaceId);
  let afterId: string | undefined;
  let rows = 0;
  for (;;) {
    const page = await pageRejectedItems(ctx.sql, ctx.workspaceId, { afterId, limit: PAGE_ITEMS });
    const hers = page.filter((row) => namesHer(open(wrapping, row.item_sealed).toString('utf8'), values));
    rows += await deleteRejections(
      ctx.sql,
      ctx.workspaceId,
      hers.map((row) => row.id),
    );
    afterId = page.at(-1)?.id;
    if (page.length < PAGE_ITEMS) return rows;
  }
}

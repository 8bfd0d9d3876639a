import type { Ctx } from '../../../platform/context.ts';
import { open } from '../../../platform/crypto/index.ts';
import { forgetDeadLetters, type LoggedEvent } from '../../../platform/eventlog/index.ts';
import type { Json, JsonObject } from '../../../platform/json.ts';
import {
  createTableKeeper,
  namesHer,
  type PersonalDataKeeper,
  type PersonalItem,
  type PersonalSubject,
} from '../../../platform/personal-data/index.ts';
import { openNodeKeys } from '../../profiles/index.ts';
import { readNodes } from '../history/subject-history.ts';
import { joinPersonal } from '../intake/personal.ts';
import { readSessions } from '../sessions/history-sql.ts';
import { presentSession } from '../sessions/session-routes.ts';
import { deleteRejections, pageRejectedItems } from './text-store.ts';

const PAGE_ITEMS = 500;
/** Each page counts all her sessions anew: hardly anybody has more than one. About 10 MB. */
const PAGE_SESSIONS = 10_000;

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
    {
      table: 'test_event',
      untold: 'points at events, each of which is told, that were sent to try a source out',
      nodes: ['node'],
      order: ['id'],
    },
  ],
});

/** What happened to her, as it was told; where it was told on; and what of it could not be taken. */
export const eventsPersonalData: PersonalDataKeeper = {
  name: tables.name,
  untold: {
    ...tables.untold,
    log_dead_letter: 'events that wait to be tried again: each is told as the event it is',
    log_block: 'the log the history is made of: each of its events is told as the event it is',
  },
  async *export(ctx, subject) {
    const keys = await nodeKeysOf(ctx, subject.nodes);
    for await (const event of readNodes(ctx.history, {
      sql: ctx.sql,
      workspaceId: ctx.workspaceId,
      nodes: subject.nodes,
    })) {
      yield { kind: 'event', data: presentEvent(event, keys) };
    }
    yield* exportSessions(ctx, subject);
    yield* tables.export(ctx, subject);
    yield* exportRejections(ctx, subject);
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

/** Her visits and where each came from, newest first. */
async function* exportSessions(ctx: Ctx, { nodes }: PersonalSubject): AsyncIterable<PersonalItem> {
  if (nodes.length === 0) return;
  let before: { startedMs: number; sessionId: string } | undefined;
  for (;;) {
    const { workspaceId } = ctx;
    const rows = await readSessions(ctx.history, { workspaceId, nodes, before, limit: PAGE_SESSIONS });
    for (const row of rows) yield { kind: 'session', data: { ...presentSession(row) } };
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE_SESSIONS) return;
    before = { startedMs: last.started_ms, sessionId: last.session_id };
  }
}

interface NamingItem {
  readonly id: string;
  readonly text: string;
}

/** Samples of what was refused are sealed as they came: which of them name her is only told by opening each. */
async function* rejectionsNaming(ctx: Ctx, { values }: PersonalSubject): AsyncIterable<NamingItem[]> {
  if (values.length === 0) return;
  const { wrapping } = await ctx.keysOf(ctx.workspaceId);
  for (let afterId: string | undefined; ;) {
    const page = await pageRejectedItems(ctx.sql, ctx.workspaceId, { afterId, limit: PAGE_ITEMS });
    const items = page.map(({ id, item_sealed }) => ({ id, text: open(wrapping, item_sealed).toString('utf8') }));
    yield items.filter(({ text }) => namesHer(text, values));
    afterId = page.at(-1)?.id;
    if (page.length < PAGE_ITEMS) return;
  }
}

/** As they came: what was refused need not be JSON. */
async function* exportRejections(ctx: Ctx, subject: PersonalSubject): AsyncIterable<PersonalItem> {
  for await (const items of rejectionsNaming(ctx, subject))
    for (const { id, text } of items) yield { kind: 'rejectedEvent', data: { id, item: text } };
}

async function forgetRejections(ctx: Ctx, subject: PersonalSubject): Promise<number> {
  let rows = 0;
  for await (const items of rejectionsNaming(ctx, subject)) {
    const ids = items.map(({ id }) => id);
    rows += await deleteRejections(ctx.sql, ctx.workspaceId, ids);
  }
  return rows;
}

import type { Ctx } from '../../../platform/context.ts';
import { blindHash } from '../../../platform/crypto/index.ts';
import { uuidText } from '../../../platform/ids/index.ts';
import type { JsonObject } from '../../../platform/json.ts';
import { type ConsentRowReader, openConsentRows } from '../../consent/index.ts';
import { type ReadEvent, readOne } from '../../events/index.ts';
import { type IdentifierReader, identifierReaderOf } from '../../profiles/index.ts';
import { type BuiltItem, buildItem, buildOrder } from './build-item.ts';
import { type Draft, joinOrders, withoutLastOrder } from './join-orders.ts';
import { mapCells, mapJson, type RowPlan } from './map-row.ts';
import type { RawRecord } from './split-records.ts';

/** Judged at a time, at most: so many rows one order may have. */
export const BATCH_ROWS = 2_000;
const SHOWN_CHARS_MAX = 100;

export interface Reject {
  readonly record: RawRecord;
  readonly column: string;
  readonly message: string;
}

/** What some rows became. */
export interface Judged {
  readonly events: readonly ReadEvent[];
  readonly rejects: readonly Reject[];
  readonly rows: { readonly read: number; readonly accepted: number; readonly rejected: number };
  /** In their order: what each event, or the order of several rows, looks like. */
  readonly becomes: readonly { readonly line: number; readonly item: JsonObject }[];
  /** Of these all rows have come, by their keys: a further one stands apart. */
  readonly endedOrders: readonly string[];
}

/** One import, as far as its rows depend on it. */
export interface RowsOf {
  readonly importId: string;
  readonly source: number;
  readonly saidAtMs: number;
  /** Which of these orders had ended before the first row is judged. */
  readonly findEnded: (orders: readonly string[]) => Promise<readonly string[]>;
}

/** What judges rows: opened once for many. */
export interface RowJudge {
  /** `isEnd`: no further row belongs to the last order. Answers how many records it has judged. */
  judge(records: readonly RawRecord[], isEnd: boolean): Promise<Judged & { readonly taken: number }>;
}

export async function openJudge(ctx: Ctx, plan: RowPlan, of: RowsOf): Promise<RowJudge> {
  const reader = await identifierReaderOf(ctx, ctx.workspaceId);
  const consents = plan.kind === 'consents' ? await openConsentRows(ctx) : undefined;
  const { blind } = await ctx.keysOf(ctx.workspaceId);
  return new Judge(plan, of, { reader, consents, blind, nowMs: ctx.clock.now() });
}

interface Tools {
  readonly reader: IdentifierReader;
  readonly consents: ConsentRowReader | undefined;
  readonly blind: Buffer;
  readonly nowMs: number;
}

class Judge implements RowJudge {
  readonly #plan: RowPlan;
  readonly #of: RowsOf;
  readonly #with: Tools;
  /** Orders it has judged itself. */
  readonly #ended = new Set<string>();

  constructor(plan: RowPlan, of: RowsOf, tools: Tools) {
    this.#plan = plan;
    this.#of = of;
    this.#with = tools;
  }

  async judge(records: readonly RawRecord[], isEnd: boolean): Promise<Judged & { taken: number }> {
    const rows = records.map((record) => this.#read(record));
    const isOrders = this.#plan.kind === 'orders';
    const whole = isOrders && !isEnd ? withoutLastOrder(rows) : rows;
    const { drafts, endedOrders } = isOrders ? await this.#orders(whole) : { drafts: whole, endedOrders: [] };
    const events: ReadEvent[] = [];
    const rejects: Reject[] = [];
    const becomes: { line: number; item: JsonObject }[] = [];
    for (const draft of drafts) {
      const judged = this.#judgeDraft(draft);
      if (judged.kind === 'wrong') {
        rejects.push(...draft.records.map((record) => ({ record, column: judged.column, message: judged.message })));
        continue;
      }
      events.push(judged.event);
      becomes.push({ line: draft.records[0]!.line, item: judged.item });
    }
    // An order may stand around a row that cannot be read.
    rejects.sort((a, b) => a.record.line - b.record.line);
    const [taken, rejected] = [whole.length, rejects.length];
    return {
      events,
      rejects,
      becomes,
      endedOrders,
      taken,
      rows: { read: taken, accepted: taken - rejected, rejected },
    };
  }

  #read(record: RawRecord): Draft {
    const wrong = { records: [record], values: [], orderId: undefined };
    if (record.fault !== undefined) return { ...wrong, fault: { column: '', message: record.fault } };
    const { isCells } = this.#plan;
    const mapped = isCells ? mapCells(this.#plan, record.cells) : mapJson(this.#plan, record.cells[0]!);
    if (mapped.kind === 'wrong') return { ...wrong, fault: mapped };
    const { values } = mapped;
    const { order_id: order } = values;
    const orderId = order === undefined || typeof order === 'string' ? order : JSON.stringify(order);
    return { records: [record], values: [values], fault: undefined, orderId };
  }

  /** Of an order whose rows stand apart the first ones are taken: what is said once more would be a second order. */
  async #orders(rows: readonly Draft[]): Promise<{ drafts: Draft[]; endedOrders: string[] }> {
    const { importId, findEnded } = this.#of;
    const orders = joinOrders(rows).map((draft) => {
      const { orderId } = draft;
      if (orderId === undefined) return { draft, order: undefined };
      const hash = blindHash(this.#with.blind, `import order\n${importId}\n${orderId}`);
      return { draft, order: { orderId, key: uuidText(hash) } };
    });
    const keys = [...new Set(orders.flatMap(({ order }) => order?.key ?? []))];
    const before = new Set(await findEnded(keys.filter((key) => !this.#ended.has(key))));
    const drafts = orders.map(({ draft, order }) => {
      if (order === undefined) return draft;
      const isApart = before.has(order.key) || this.#ended.size === this.#ended.add(order.key).size;
      return isApart ? { ...draft, fault: apart(order.orderId) } : draft;
    });
    return { drafts, endedOrders: keys };
  }

  #judgeDraft(
    draft: Draft,
  ): { kind: 'event'; event: ReadEvent; item: JsonObject } | Extract<BuiltItem, { kind: 'wrong' }> {
    if (draft.fault !== undefined) return { kind: 'wrong', ...draft.fault };
    const { importId, saidAtMs, source } = this.#of;
    const { reader, consents, nowMs } = this.#with;
    const messageId = `import-${importId.replaceAll('-', '')}-${draft.records[0]!.line}`;
    const env = { messageId, saidAtMs, nowMs };
    const { kind } = this.#plan;
    const built = kind === 'orders' ? buildOrder(draft.values, env) : buildItem(kind, draft.values[0]!, env);
    if (built.kind === 'wrong') return built;
    if (built.kind === 'consent') return judgeConsent(built.row, consents!);
    const envelope = { sentAt: undefined, context: undefined, receivedAtMs: nowMs, source, isTrusted: true, reader };
    const read = readOne(built.item, built.type, envelope);
    if (read.kind === 'event') return { kind: 'event', event: read.event, item: built.item };
    return { kind: 'wrong', column: read.field, message: read.field === 'userId' ? NOBODY : read.message };
  }
}

const NOBODY = 'names nobody: give a userId, an email like "ada@shop.example" or a phone like "+4915112345678"';

function judgeConsent(row: JsonObject, read: ConsentRowReader) {
  const judged = read(row);
  if (judged.kind === 'event') return { kind: 'event' as const, event: judged.event, item: row };
  const [fault] = judged.faults;
  return { kind: 'wrong' as const, column: fault?.field ?? '', message: fault?.message ?? 'cannot be read' };
}

function apart(orderId: string): { column: string; message: string } {
  const message = `belongs to order "${orderId.slice(0, SHOWN_CHARS_MAX)}", whose rows ended above; sort the file by order id, so that the rows of an order (at most ${BATCH_ROWS}) stand together`;
  return { column: 'order_id', message };
}

import type { Ctx } from '../../../platform/context.ts';
import type { Json, JsonObject } from '../../../platform/json.ts';
import { type ConsentRowReader, openConsentRows } from '../../consent/index.ts';
import { type ReadEvent, readItem } from '../../events/index.ts';
import { type IdentifierReader, identifierReaderOf } from '../../profiles/index.ts';
import { type BuiltItem, buildItem, buildOrder } from './build-item.ts';
import { mapCells, mapJson, type RowPlan, type RowValues } from './map-row.ts';
import type { RawRecord } from './split-records.ts';

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
}

/** One import, as far as its rows depend on it. */
export interface RowsOf {
  readonly importId: string;
  readonly source: number;
  readonly saidAtMs: number;
}

/** Rows that become one event: of an order one for each of its lines, else one alone. */
interface Draft {
  readonly records: readonly RawRecord[];
  readonly values: readonly RowValues[];
  readonly fault: Omit<Reject, 'record'> | undefined;
}

/** What judges rows: opened once for many. */
export interface RowJudge {
  /** `isEnd`: no further row belongs to the last order. Answers how many records it has judged. */
  judge(records: readonly RawRecord[], isEnd: boolean): Judged & { readonly taken: number };
}

export async function openJudge(ctx: Ctx, plan: RowPlan, of: RowsOf): Promise<RowJudge> {
  const reader = await identifierReaderOf(ctx, ctx.workspaceId);
  const consents = plan.kind === 'consents' ? await openConsentRows(ctx) : undefined;
  return new Judge(plan, of, { reader, consents, nowMs: ctx.clock.now() });
}

class Judge implements RowJudge {
  readonly #plan: RowPlan;
  readonly #of: RowsOf;
  readonly #with: { reader: IdentifierReader; consents: ConsentRowReader | undefined; nowMs: number };

  constructor(
    plan: RowPlan,
    of: RowsOf,
    tools: { reader: IdentifierReader; consents: ConsentRowReader | undefined; nowMs: number },
  ) {
    this.#plan = plan;
    this.#of = of;
    this.#with = tools;
  }

  judge(records: readonly RawRecord[], isEnd: boolean): Judged & { taken: number } {
    const drafts = this.#draft(records, isEnd);
    const events: ReadEvent[] = [];
    const rejects: Reject[] = [];
    const becomes: { line: number; item: JsonObject }[] = [];
    let accepted = 0;
    let taken = 0;
    for (const draft of drafts) {
      taken += draft.records.length;
      const judged = this.#judgeDraft(draft);
      if (judged.kind === 'wrong') {
        rejects.push(...draft.records.map((record) => ({ record, column: judged.column, message: judged.message })));
        continue;
      }
      events.push(judged.event);
      becomes.push({ line: draft.records[0]!.line, item: judged.item });
      accepted += draft.records.length;
    }
    return { events, rejects, becomes, taken, rows: { read: taken, accepted, rejected: rejects.length } };
  }

  #draft(records: readonly RawRecord[], isEnd: boolean): Draft[] {
    const { kind, isCells } = this.#plan;
    const drafts = records.map((record): Draft & { orderId: Json | undefined } => {
      if (record.fault !== undefined) {
        const fault = { column: '', message: record.fault };
        return { records: [record], values: [], fault, orderId: undefined };
      }
      const mapped = isCells ? mapCells(this.#plan, record.cells) : mapJson(this.#plan, record.cells[0]!);
      if (mapped.kind === 'wrong') return { records: [record], values: [], fault: mapped, orderId: undefined };
      return { records: [record], values: [mapped.values], fault: undefined, orderId: mapped.values['order_id'] };
    });
    if (kind !== 'orders' || !isCells) return drafts;
    const groups = joinOrders(drafts);
    return isEnd || groups.length < 2 ? groups : groups.slice(0, -1);
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
    const read = readItem(built.item, built.type, envelope);
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

/** Rows that stand together and name the same order are one; a row that cannot be read is left out alone, and named. */
function joinOrders(drafts: readonly (Draft & { orderId: Json | undefined })[]): Draft[] {
  const groups: (Draft & { orderId: Json | undefined })[] = [];
  for (const draft of drafts) {
    const last = groups.at(-1);
    const isSame = last !== undefined && draft.orderId !== undefined && last.orderId === draft.orderId;
    if (!isSame) {
      groups.push(draft);
      continue;
    }
    const values = [...last.values, ...draft.values];
    groups[groups.length - 1] = { ...last, records: [...last.records, ...draft.records], values };
  }
  return groups;
}

import type { TestEvent } from '@segue/contract';
import type { Ctx } from '../../../platform/context.ts';
import { AppError } from '../../../platform/errors.ts';
import {
  findDeadLetterAt,
  INTAKE_LOG,
  type LanePosition,
  type LoggedEvent,
  readPositions,
  readTail,
  type TxCtx,
} from '../../../platform/eventlog/index.ts';
import { newUuid, publicId, requirePublicId } from '../../../platform/ids/index.ts';
import { isJsonObject, type JsonObject } from '../../../platform/json.ts';
import { recordAudit } from '../../accounts/index.ts';
import { identifierReaderOf, ownersOfNodes } from '../../profiles/index.ts';
import type { Committer } from '../intake/committer.ts';
import type { ReadEvent } from '../intake/read-item.ts';
import { readBatch } from '../intake/read-request.ts';
import { readSourceDirectory } from './source-directory.ts';
import { findTestEvent, insertTestEvent, type TestEventRow } from './test-event-store.ts';

type Step = TestEvent['steps'][number];

/** Each waits for the log with its transaction open: more at once could take every connection the log needs. */
const UNDER_WAY_MAX = 3;

/** Sends test events, a few at a time. */
export class TestEventSender {
  readonly #committer: Committer;
  #underWay = 0;

  constructor(committer: Committer) {
    this.#committer = committer;
  }

  async send(ctx: TxCtx, sent: { sourceId: string; item: JsonObject }): Promise<TestEvent> {
    if (this.#underWay >= UNDER_WAY_MAX) {
      throw new AppError('rate_limited', 'Too many test events at once; repeat shortly', { retryAfterSeconds: 1 });
    }
    this.#underWay++;
    try {
      return await sendTestEvent(ctx, this.#committer, sent);
    } finally {
      this.#underWay--;
    }
  }
}

/**
 * Sends one event through the code every event goes through. It is durable before the row that remembers it: a crash
 * between leaves an event that is marked as a test and nobody asks about.
 */
async function sendTestEvent(
  ctx: TxCtx,
  committer: Committer,
  sent: { sourceId: string; item: JsonObject },
): Promise<TestEvent> {
  const source = (await readSourceDirectory(ctx)).require(sent.sourceId);
  const sentAt = ctx.clock.now();
  const id = newUuid(sentAt);
  const item = marked(sent.item, id);
  const row: TestEventRow = {
    id,
    source: source.number,
    sent_at: new Date(sentAt),
    message_id: typeof item['messageId'] === 'string' ? item['messageId'].slice(0, 100) : null,
    field: null,
    reason: null,
    log: null,
    lane: null,
    seq: null,
    node: null,
  };
  const read = source.isEnabled
    ? readBatch(
        { batch: [item] },
        {
          receivedAtMs: sentAt,
          source: source.number,
          isTrusted: source.isTrusted,
          reader: await identifierReaderOf(ctx, ctx.workspaceId),
        },
      )
    : ({ kind: 'refused', field: 'source', message: 'is disabled; enable it to send' } as const);
  const fault = read.kind === 'refused' ? read : read.errors[0];
  if (fault !== undefined || read.kind === 'refused') {
    row.field = fault!.field.replace(/^batch\[0\]\.?/, '');
    row.reason = fault!.message;
  } else {
    const event = await commitAndFind(ctx, committer, { events: read.events, sizeBytes: read.sizeBytes });
    if (event !== undefined) {
      const { log, lane, seq, nodes } = event;
      Object.assign(row, { log, lane, seq, node: nodes[0]?.id ?? null });
    }
  }
  await insertTestEvent(ctx.sql, ctx.workspaceId, row);
  await recordAudit(ctx, { action: 'test_event.sent', subject: sent.sourceId, detail: { taken: row.seq !== null } });
  return presentTestEvent(ctx, row);
}

/** With the mark and a message id; a context that is no object stays as it is, and is refused as it would be. */
function marked(item: JsonObject, id: string): JsonObject {
  const { context } = item;
  const isMarkable = context === undefined || context === null || isJsonObject(context);
  return {
    messageId: `test-${id}`,
    ...item,
    ...(isMarkable && { context: { ...(isJsonObject(context) ? context : {}), test: true } }),
  };
}

/** The event with its place in the log; undefined when its message id was taken before. */
async function commitAndFind(
  ctx: Ctx,
  committer: Committer,
  read: { events: readonly ReadEvent[]; sizeBytes: number },
): Promise<LoggedEvent | undefined> {
  const heads = async () =>
    (await readPositions(ctx.postgres, 'observer')).map(({ log, lane, head }) => ({ log, lane, seq: head }));
  const from = await heads();
  await committer.commit({ workspaceId: ctx.workspaceId, ...read });
  const came = await readTail(ctx.postgres, { from, to: await heads() });
  const { messageId } = read.events[0]!;
  return came.find((event) => event.workspaceId === ctx.workspaceId && event.id === messageId);
}

/** How far a test event has come. */
export async function getTestEvent(ctx: Ctx, id: string): Promise<TestEvent> {
  const row = await findTestEvent(ctx.sql, ctx.workspaceId, requirePublicId('tst', id));
  if (row === undefined) throw new AppError('not_found', `There is no test event ${id}; they are kept for 7 days`);
  return presentTestEvent(ctx, row);
}

async function presentTestEvent(ctx: Ctx, row: TestEventRow): Promise<TestEvent> {
  const directory = await readSourceDirectory(ctx);
  const owner =
    row.node === null ? undefined : (await ownersOfNodes(ctx.sql, ctx.workspaceId, [row.node])).get(row.node);
  const steps = await stepsOf(ctx, row);
  const processed = steps.find(({ step }) => step === 'processed')!;
  const hasProfile = owner !== undefined && processed.state === 'done';
  return {
    id: publicId('tst', row.id),
    sourceId: directory.publicIdOf(row.source)!,
    sentAt: row.sent_at.toISOString(),
    messageId: row.message_id,
    steps: steps.map((step) =>
      step.step === 'profile' && hasProfile ? { ...step, state: 'done', note: 'It belongs to this profile.' } : step,
    ),
    profileId: hasProfile ? publicId('prf', owner) : null,
  };
}

async function stepsOf(ctx: Ctx, row: TestEventRow): Promise<Step[]> {
  if (row.seq === null || row.lane === null) return refusedSteps(row);
  const place: LanePosition = { log: INTAKE_LOG, lane: row.lane, seq: row.seq };
  const isPast = (positions: readonly { log: number; lane: number; seq: number }[]) =>
    positions.some(({ log, lane, seq }) => log === place.log && lane === place.lane && seq >= place.seq);
  const [processor, archive, letter] = await Promise.all([
    readPositions(ctx.postgres, 'processor'),
    readPositions(ctx.postgres, 'archive'),
    findDeadLetterAt(ctx.sql, ctx.workspaceId, place),
  ]);
  const processed: Step =
    letter !== undefined
      ? { step: 'processed', state: 'failed', note: `It could not be processed: see ${publicId('ddl', letter)}.` }
      : isPast(processor)
        ? { step: 'processed', state: 'done', note: 'Traits, segments and journeys have seen it.' }
        : { step: 'processed', state: 'waiting', note: 'The processor has not come to it yet.' };
  return [
    { step: 'accepted', state: 'done', note: 'It is durable in the log.' },
    processed,
    { step: 'profile', state: 'waiting', note: 'No profile is known for it yet.' },
    isPast(archive)
      ? { step: 'archived', state: 'done', note: 'It is in the history.' }
      : { step: 'archived', state: 'waiting', note: 'The archive has not come to it yet.' },
  ];
}

function refusedSteps({ field, reason }: TestEventRow): Step[] {
  const accepted: Step =
    reason === null
      ? {
          step: 'accepted',
          state: 'skipped',
          note: 'Its message id was taken before: send it with another, or with none.',
        }
      : { step: 'accepted', state: 'failed', note: `${field} ${reason}`.trim() };
  const others = ['processed', 'profile', 'archived'] as const;
  return [accepted, ...others.map((step): Step => ({ step, state: 'skipped', note: 'It was not taken.' }))];
}

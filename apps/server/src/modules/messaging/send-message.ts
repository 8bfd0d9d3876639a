import { idempotencyKeySchema, type SendMessageBody } from '@segue/contract';
import type { Ctx } from '../../platform/context.ts';
import { AppError } from '../../platform/errors.ts';
import { inSubjects, inTransaction, type TxCtx } from '../../platform/eventlog/index.ts';
import { parseInput } from '../../platform/http/index.ts';
import { publicId } from '../../platform/ids/index.ts';
import { recordAudit } from '../accounts/index.ts';
import { anchorNode } from '../profiles/index.ts';
import { findMessageByIntent, type MessageRow } from './message-list-store.ts';
import { queueMessages } from './queue-messages.ts';
import { requireIntent } from './require-intent.ts';

/**
 * Queues one message to one profile. The same idempotency key answers the message it made the first time, whatever else
 * is asked for. Whether it goes is decided by the gate, at the moment of sending.
 */
export async function sendMessage(ctx: Ctx, input: SendMessageBody, header: string | undefined): Promise<MessageRow> {
  const intentKey = intentKeyOf(ctx, input, header);
  return inTransaction(ctx, (ctx) => sendIn(ctx, input, intentKey));
}

/** A key in the body names the wish within the workspace; one in the header is its caller's own. */
function intentKeyOf({ actor }: Ctx, input: SendMessageBody, header: string | undefined): string {
  if (input.idempotencyKey !== undefined) return `api:${input.idempotencyKey}`;
  const key = parseInput(idempotencyKeySchema, header);
  return `api:${actor.kind === 'system' ? actor.name : actor.id} ${key}`;
}

async function sendIn(ctx: TxCtx, input: SendMessageBody, intentKey: string): Promise<MessageRow> {
  const known = await findMessageByIntent(ctx.sql, ctx.workspaceId, intentKey);
  if (known !== undefined) return known;
  const { intent } = await requireIntent(ctx, input, intentKey);
  const { profileId } = intent;
  const made = await inSubjects(ctx, { workspaceId: ctx.workspaceId, ids: [profileId] }, async (batch) => {
    const subject = batch.subjects.get(profileId);
    if (subject === undefined)
      throw new AppError('conflict', 'The profile was merged just now: send the request again');
    return queueMessages(batch, [{ ...intent, node: anchorNode(subject) }]);
  });
  const queued = await findMessageByIntent(ctx.sql, ctx.workspaceId, intentKey);
  for (const id of made) {
    const detail = { channel: input.channel, topic: input.topic, template: input.templateId };
    await recordAudit(ctx, { action: 'message.queued', subject: publicId('msg', id), detail });
  }
  if (queued === undefined) throw new Error('a message that was just queued is not there');
  return queued;
}

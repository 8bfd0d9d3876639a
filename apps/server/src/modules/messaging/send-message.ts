import { idempotencyKeySchema, type SendMessageBody } from '@segue/contract';
import type { Ctx } from '../../platform/context.ts';
import { AppError } from '../../platform/errors.ts';
import { causedId, inSubjects, inTransaction, type TxCtx } from '../../platform/eventlog/index.ts';
import { parseInput } from '../../platform/http/index.ts';
import { publicId } from '../../platform/ids/index.ts';
import { ensureOwnSource, recordAudit } from '../accounts/index.ts';
import { announce } from '../events/index.ts';
import { anchorNode, NodeDirectory } from '../profiles/index.ts';
import { findMessageByIntent, type MessageRow } from './message-list-store.ts';
import { queueMessages } from './queue-messages.ts';
import { type Addressee, type RequiredIntent, requireIntent } from './require-intent.ts';

/**
 * Queues one message to one profile or address. The same idempotency key answers the message it made the first time, whatever else
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
  const { wish, to } = await requireIntent(ctx, input, intentKey);
  const made = to.kind === 'profile' ? await queueToProfile(ctx, wish, to) : await queueToNewcomer(ctx, wish, to);
  const queued = await findMessageByIntent(ctx.sql, ctx.workspaceId, intentKey);
  for (const id of made) {
    const detail = { channel: input.channel, topic: input.topic, template: input.templateId ?? null };
    await recordAudit(ctx, { action: 'message.queued', subject: publicId('msg', id), detail });
  }
  if (queued === undefined) throw new Error('a message that was just queued is not there');
  return queued;
}

type Wish = RequiredIntent['wish'];

function queueToProfile(
  ctx: TxCtx,
  wish: Wish,
  { profileId, toNode }: Extract<Addressee, { kind: 'profile' }>,
): Promise<readonly string[]> {
  return inSubjects(ctx, { workspaceId: ctx.workspaceId, ids: [profileId] }, async (batch) => {
    const subject = batch.subjects.get(profileId);
    if (subject === undefined)
      throw new AppError('conflict', 'The profile was merged just now: send the request again');
    const node = anchorNode(subject);
    return queueMessages(batch, [{ ...wish, profileId, node, ...(toNode !== undefined && { toNode }) }]);
  });
}

/** Nobody is known by the address: it is said that there is somebody, and the message waits for her profile. */
async function queueToNewcomer(
  ctx: TxCtx,
  wish: Wish,
  { identifier }: Extract<Addressee, { kind: 'address' }>,
): Promise<readonly string[]> {
  const { sql, workspaceId } = ctx;
  const nodes = new NodeDirectory(sql, (id) => ctx.keysOf(id));
  await nodes.ensure([{ workspaceId, identifier }]);
  const node = nodes.find(workspaceId, identifier);
  if (node === undefined)
    throw new AppError('conflict', 'The customer of this address was erased: she has to sign up anew first');
  const now = ctx.clock.now();
  const messageId = `msg-${causedId('addressed', String(workspaceId), wish.intentKey)}`;
  const who = { email: identifier.value };
  await announce(ctx, await ensureOwnSource(ctx, 'shop'), [{ type: 'identify', messageId, occurredAtMs: now, who }]);
  const batch = { workspaceId, sql, now, keysOf: (id: number) => ctx.keysOf(id) };
  const addressed = { ...wish, profileId: undefined, node: { kind: node.kind, id: node.id }, toNode: node.id };
  return queueMessages(batch, [addressed]);
}

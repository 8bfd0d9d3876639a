import type { CreateTopicBody, UpdateTopicBody } from '@segue/contract';
import { AppError } from '../../platform/errors.ts';
import type { TxCtx } from '../../platform/eventlog/index.ts';
import { recordAudit } from '../accounts/index.ts';
import { noteFacts, noteFactsOfEveryone } from '../profiles/index.ts';
import { CONSENT_FACTS } from './consent-facts.ts';
import { findProfilesAsked } from './consent-store.ts';
import type { Topic } from './topic.ts';
import { clearDefaultTopic, insertTopic, lockTopic, writeTopic } from './topic-store.ts';

/** Makes a topic. A name that is taken is a conflict. */
export async function createTopic(ctx: TxCtx, body: CreateTopicBody): Promise<Topic> {
  const { kind, default: silence, ...rest } = body;
  const isMarketing = kind === 'marketing';
  const topic: Topic = { ...rest, isMarketing, silence: silence ?? (isMarketing ? 'opt_in' : 'opt_out') };
  requireSense(topic);
  if (topic.isDefault) await clearDefaultTopic(ctx.sql, ctx.workspaceId, topic.isMarketing);
  if (!(await insertTopic(ctx.sql, ctx.workspaceId, { topic, now: ctx.clock.now() }))) {
    throw new AppError('conflict', `There is a topic "${topic.topic}" already`, {
      details: [{ field: 'topic', message: 'is taken; choose another, or change the one there is' }],
    });
  }
  const heard = await findProfilesAsked(ctx.sql, ctx.workspaceId, topic.topic);
  await noteFacts({ sql: ctx.sql, workspaceId: ctx.workspaceId, now: ctx.clock.now() }, heard, CONSENT_FACTS);
  await recordAudit(ctx, {
    action: 'topic.created',
    subject: topic.topic,
    detail: { kind, default: topic.silence, doubleOptIn: topic.doubleOptIn },
  });
  return topic;
}

/** Changes what may change; see the contract for what may not. */
export async function updateTopic(ctx: TxCtx, name: string, body: UpdateTopicBody): Promise<Topic> {
  const before = await lockTopic(ctx.sql, ctx.workspaceId, name);
  if (before === undefined) throw new AppError('not_found', `There is no topic "${name}"`);
  const topic: Topic = {
    ...before,
    name: body.name ?? before.name,
    description: body.description === undefined ? before.description : body.description,
    silence: body.default ?? before.silence,
    doubleOptIn: body.doubleOptIn ?? before.doubleOptIn,
    isDefault: body.isDefault ?? before.isDefault,
  };
  requireSense(topic);
  if (topic.isDefault && !before.isDefault) await clearDefaultTopic(ctx.sql, ctx.workspaceId, topic.isMarketing);
  await writeTopic(ctx.sql, ctx.workspaceId, topic);
  const { doubleOptIn, isDefault, silence } = topic;
  if (silence !== before.silence || doubleOptIn !== before.doubleOptIn) await askOfEveryone(ctx);
  await recordAudit(ctx, {
    action: 'topic.updated',
    subject: name,
    detail: { default: silence, doubleOptIn, isDefault },
  });
  return topic;
}

/** What a topic asks for decides what anybody's words, or her silence, come to. */
async function askOfEveryone(ctx: TxCtx): Promise<void> {
  const at = new Date(ctx.clock.now());
  await noteFactsOfEveryone(ctx.sql, ctx.workspaceId, { facts: CONSENT_FACTS, at });
}

function requireSense(topic: Topic): void {
  const wrong: { field: string; message: string }[] = [];
  if (!topic.isMarketing) {
    const because = 'a transactional topic asks for no consent; leave it out';
    if (topic.doubleOptIn) wrong.push({ field: 'doubleOptIn', message: because });
    if (topic.silence === 'opt_in') wrong.push({ field: 'default', message: because });
  }
  if (wrong.length > 0) throw new AppError('invalid', 'The request does not fit', { details: wrong });
}

import type { CreateTopicBody, UpdateTopicBody } from '@segue/contract';
import { AppError } from '../../platform/errors.ts';
import type { TxCtx } from '../../platform/eventlog/index.ts';
import { recordAudit } from '../accounts/index.ts';
import type { Topic } from './topic.ts';
import { clearDefaultTopic, insertTopic, lockTopic, writeTopic } from './topic-store.ts';

/** Makes a topic. A name that is taken is a conflict. */
export async function createTopic(ctx: TxCtx, body: CreateTopicBody): Promise<Topic> {
  const { kind, ...rest } = body;
  const topic: Topic = { ...rest, requiresOptIn: kind === 'marketing' };
  requireSense(topic);
  if (topic.isDefault) await clearDefaultTopic(ctx.sql, ctx.workspaceId, topic.requiresOptIn);
  if (!(await insertTopic(ctx.sql, ctx.workspaceId, { topic, now: ctx.clock.now() }))) {
    throw new AppError('conflict', `There is a topic "${topic.topic}" already`, {
      details: [{ field: 'topic', message: 'is taken; choose another, or change the one there is' }],
    });
  }
  await recordAudit(ctx, {
    action: 'topic.created',
    subject: topic.topic,
    detail: { kind, doubleOptIn: topic.doubleOptIn },
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
    doubleOptIn: body.doubleOptIn ?? before.doubleOptIn,
    isDefault: body.isDefault ?? before.isDefault,
  };
  requireSense(topic);
  if (topic.isDefault && !before.isDefault) await clearDefaultTopic(ctx.sql, ctx.workspaceId, topic.requiresOptIn);
  await writeTopic(ctx.sql, ctx.workspaceId, topic);
  const { doubleOptIn, isDefault } = topic;
  await recordAudit(ctx, { action: 'topic.updated', subject: name, detail: { doubleOptIn, isDefault } });
  return topic;
}

function requireSense(topic: Topic): void {
  if (topic.requiresOptIn || !topic.doubleOptIn) return;
  throw new AppError('invalid', 'The request does not fit', {
    details: [{ field: 'doubleOptIn', message: 'a transactional topic asks for no consent; leave it out' }],
  });
}

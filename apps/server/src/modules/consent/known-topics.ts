import type { Ctx } from '../../platform/context.ts';
import { AppError } from '../../platform/errors.ts';
import type { Sql } from '../../platform/postgres/index.ts';
import { DEFAULT_TOPICS } from './topic.ts';
import { listTopics } from './topic-store.ts';

const NAMED_MAX = 20;

/** The topics words can be about; a word about another is mostly a slip of the pen. */
export async function findKnownTopics(sql: Sql, workspaceId: number): Promise<ReadonlySet<string>> {
  const made = await listTopics(sql, workspaceId);
  return new Set([...DEFAULT_TOPICS, ...made].map(({ topic }) => topic));
}

/** What to do about a topic that is none of them. */
export function unknownTopicMessage(known: ReadonlySet<string>): string {
  const named = [...known].slice(0, NAMED_MAX).join(', ');
  const more = known.size > NAMED_MAX ? ` and ${known.size - NAMED_MAX} more` : '';
  return `is no topic of this workspace; give one of ${named}${more}, or make it first`;
}

/** Refuses a call that names a topic nobody made, by its field. */
export async function requireTopics(
  ctx: Ctx,
  named: readonly { readonly field: string; readonly topic: string }[],
): Promise<void> {
  if (named.length === 0) return;
  const known = await findKnownTopics(ctx.sql, ctx.workspaceId);
  const unknown = named.filter(({ topic }) => !known.has(topic));
  if (unknown.length === 0) return;
  const message = unknownTopicMessage(known);
  throw new AppError('invalid', 'The request does not fit', {
    details: unknown.map(({ field }) => ({ field, message })),
  });
}

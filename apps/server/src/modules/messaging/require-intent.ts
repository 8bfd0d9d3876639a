import type { ExplainMessageBody } from '@segue/contract';
import type { Ctx } from '../../platform/context.ts';
import { AppError } from '../../platform/errors.ts';
import { readSubjects } from '../../platform/eventlog/index.ts';
import { requirePublicId } from '../../platform/ids/index.ts';
import { currentTemplateVersion } from '../content/index.ts';
import { anchorNode, requireProfileId } from '../profiles/index.ts';
import type { MessageIntent } from './types.ts';

/** A wish that a call of the API describes, with what it names looked up; throws where it names nothing. */
export async function requireIntent(
  ctx: Ctx,
  body: ExplainMessageBody,
  intentKey: string,
): Promise<{ readonly intent: MessageIntent; readonly versionId: string }> {
  const templateId = requirePublicId('tpl', body.templateId);
  const versionId = (await currentTemplateVersion(ctx.sql, ctx.workspaceId, [templateId])).get(templateId);
  if (versionId === undefined) throw new AppError('not_found', 'There is no such template');
  const profileId = await requireProfileId(ctx, body.profileId, 'profileId');
  const subject = (await readSubjects(ctx.sql, ctx.workspaceId, [profileId])).get(profileId);
  if (subject === undefined) throw new AppError('conflict', 'The profile was merged just now: send the request again');
  const { channel, topic, variables, products, priority, sendAt, expiresAt, campaign } = body;
  const intent: MessageIntent = {
    ...{ intentKey, profileId, node: anchorNode(subject), channel, topic, templateId, variables, products, priority },
    ...(sendAt !== undefined && { dueAt: Date.parse(sendAt) }),
    ...(expiresAt !== undefined && { expiresAt: Date.parse(expiresAt) }),
    ...(campaign !== undefined && { campaign }),
    source: { kind: 'api' },
  };
  return { intent, versionId };
}

import { type DueMessage, PRIORITY_USUAL } from './message-store.ts';
import type { MessageIntent } from './types.ts';

/** A wish as the sender would find it, though it was never queued. */
export function toDueMessage(
  intent: Omit<MessageIntent, 'profileId' | 'toNode'> & { profileId: string; toNode: number | undefined },
  of: { workspaceId: number; id: string; versionId: string | undefined; now: number },
): DueMessage {
  const { node, channel, topic, templateId, source } = intent;
  return {
    ...{
      workspaceId: of.workspaceId,
      id: of.id,
      profileId: intent.profileId,
      node,
      channel,
      topic,
      templateId,
      source,
    },
    ...{ templateVersionId: of.versionId, products: intent.products ?? [], attempts: 0, laneMarks: undefined },
    ...{ variables: intent.variables, inline: intent.inline, toNode: intent.toNode },
    tracking: intent.tracking ?? { opens: true, clicks: true },
    ...{ priority: intent.priority ?? PRIORITY_USUAL, dueAt: of.now, expiresAt: intent.expiresAt },
    ...{ campaign: intent.campaign, heldBy: undefined },
  };
}

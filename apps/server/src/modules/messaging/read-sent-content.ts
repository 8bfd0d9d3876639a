import type { Ctx } from '../../platform/context.ts';
import { open } from '../../platform/crypto/index.ts';
import { publicId } from '../../platform/ids/index.ts';
import type { JsonObject } from '../../platform/json.ts';
import { brandVariables, readBrand } from '../consent/index.ts';
import { loadTemplateVersions, renderEmail, type RenderedEmail } from '../content/index.ts';
import { openNodeKeys } from '../profiles/index.ts';
import { inlineVersion } from './message-version.ts';
import { findSentMessage } from './web-view-store.ts';

/**
 * What a message said: the very version, with what it named at that moment. Its links lead where they were meant to; one that is
 * tracked would count whoever reads it here. Undefined when it never left, or its recipient was erased.
 */
export async function readSentContent(ctx: Ctx, id: string): Promise<RenderedEmail | undefined> {
  const { sql, workspaceId } = ctx;
  const message = await findSentMessage(sql, workspaceId, id);
  if (message === undefined) return undefined;
  const keys = await ctx.keysOf(workspaceId);
  const nodeKey = (await openNodeKeys({ sql, workspaceId, keys }, [message.node.id])).get(message.node.id);
  const { templateVersionId } = message;
  const version =
    templateVersionId === undefined
      ? inlineVersion({ ...message, id }, nodeKey)
      : (await loadTemplateVersions(sql, workspaceId, [templateVersionId])).get(templateVersionId);
  if (version === undefined || nodeKey === undefined) return undefined;
  const shown = JSON.parse(open(nodeKey, message.shown).toString('utf8')) as JsonObject;
  const brand = brandVariables(await readBrand(sql, workspaceId));
  const variables = { ...shown, brand, message_id: publicId('msg', id) };
  return renderEmail({ version, variables, links: {}, now: message.sentAt });
}

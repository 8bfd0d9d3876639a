import { createContext, type Services } from '../../platform/context.ts';
import { open } from '../../platform/crypto/index.ts';
import { publicId } from '../../platform/ids/index.ts';
import type { JsonObject } from '../../platform/json.ts';
import { brandVariables, readBrand, unsubscribeUrl } from '../consent/index.ts';
import { createTracker, findLinkHome, loadTemplateVersions, renderEmail } from '../content/index.ts';
import { openNodeKeys } from '../profiles/index.ts';
import { inlineVersion } from './message-version.ts';
import { type ViewLink, viewUrl } from './view-link.ts';
import { findSentMessage, type SentMessage } from './web-view-store.ts';

/**
 * A message as it was sent: the very version, with the variables of that moment. It has no open pixel, and its links say
 * that they were followed from here. Undefined when it was never sent, or its recipient was erased.
 */
export async function renderWebView(
  services: Services,
  link: ViewLink,
  { publicUrl }: { publicUrl: string },
): Promise<{ readonly html: string; readonly subject: string } | undefined> {
  const { workspaceId, messageId } = link;
  const { sql } = createContext(services, workspaceId, { kind: 'system', name: 'messaging' });
  const message = await findSentMessage(sql, workspaceId, messageId);
  if (message === undefined) return undefined;
  const { templateVersionId } = message;
  const keys = await services.keysOf(workspaceId);
  const nodeKey = (await openNodeKeys({ sql, workspaceId, keys }, [message.node.id])).get(message.node.id);
  const version =
    templateVersionId === undefined
      ? inlineVersion({ ...message, id: messageId }, nodeKey)
      : (await loadTemplateVersions(sql, workspaceId, [templateVersionId])).get(templateVersionId);
  if (version === undefined || nodeKey === undefined) return undefined;
  const shown = JSON.parse(open(nodeKey, message.shown).toString('utf8')) as JsonObject;
  const brand = brandVariables(await readBrand(sql, workspaceId));
  const home = await findLinkHome(sql, workspaceId, publicUrl);
  const variables = { ...shown, brand, message_id: publicId('msg', messageId) };
  const links = linksOf(message, { keys, link, home, publicUrl });
  return renderEmail({ version, variables, links, now: message.sentAt });
}

function linksOf(
  message: SentMessage,
  page: { keys: Awaited<ReturnType<Services['keysOf']>>; link: ViewLink; home: string; publicUrl: string },
) {
  const { keys, home, publicUrl } = page;
  const { workspaceId, messageId: id } = page.link;
  const { profileId, node, source, channel, addressHash, topic, sentAt } = message;
  const messageId = publicId('msg', id);
  const journeyId = source.kind === 'journey' ? publicId('jrn', source.journeyId) : undefined;
  const runId = source.kind === 'journey' ? publicId('run', source.runId) : undefined;
  const templateId = message.templateId === undefined ? undefined : publicId('tpl', message.templateId);
  const whose = { workspaceId, profileId, node, messageId, journeyId, runId, templateId };
  const tracked = { ...whose, madeAt: sentAt, isWebView: true };
  const { trackUrl } = createTracker(keys, { publicUrl: home, otherHomes: [publicUrl], message: tracked });
  return {
    trackUrl,
    unsubscribeUrl: unsubscribeUrl(keys, {
      workspaceId,
      profileId,
      node,
      channel,
      addressHash,
      topic,
      messageId,
      publicUrl: home,
    }),
    viewUrl: viewUrl(keys, { workspaceId, messageId: id, madeAt: sentAt, publicUrl: home }),
    utm: { template: templateId ?? 'inline', journey: journeyId },
  };
}

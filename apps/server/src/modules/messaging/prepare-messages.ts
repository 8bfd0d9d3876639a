import { createContext, type Services } from '../../platform/context.ts';
import { open, type WorkspaceKeys } from '../../platform/crypto/index.ts';
import { readSubjects } from '../../platform/eventlog/index.ts';
import { publicId } from '../../platform/ids/index.ts';
import type { JsonObject } from '../../platform/json.ts';
import { addressHash, normaliseAddress, unsubscribeUrl } from '../consent/index.ts';
import {
  createTracker,
  loadTemplateVersions,
  renderEmail,
  type TemplateVersion,
  templateScope,
} from '../content/index.ts';
import { listAddresses, openNodeKeys, openTraits, type ProfileAddress } from '../profiles/index.ts';
import type { PreparedMessage } from './decide-messages.ts';
import type { DueMessage } from './message-store.ts';
import type { SendDeps } from './ports.ts';

/**
 * Reads what due messages of one workspace need, without a lock, and renders them: one query a table. A message that
 * the gate then refuses was rendered in vain; one that goes keeps its profile locked for no longer than the decision.
 */
export async function prepareMessages(
  services: Services,
  deps: SendDeps,
  messages: readonly DueMessage[],
): Promise<PreparedMessage[]> {
  const { workspaceId } = messages[0]!;
  const reader = createContext(services, workspaceId, { kind: 'system', name: 'messaging' });
  const keys = await services.keysOf(workspaceId);
  const profileIds = [...new Set(messages.map((message) => message.profileId))];
  const subjects = await readSubjects(reader.sql, workspaceId, profileIds);
  const traits = await openTraits(reader, subjects.values());
  const addresses = await listAddresses(reader, profileIds, 'email');
  const versions = await loadTemplateVersions(
    reader.sql,
    workspaceId,
    messages.flatMap((message) => message.templateVersionId ?? []),
  );
  const sealedNodes = messages.flatMap((message) => (message.variables === undefined ? [] : [message.node.id]));
  const nodeKeys = await openNodeKeys({ sql: reader.sql, workspaceId, keys }, sealedNodes);
  return messages.map((message) =>
    prepareOne(message, {
      keys,
      publicUrl: deps.publicUrl,
      now: services.clock.now(),
      traits: traits.get(message.profileId) ?? {},
      address: addresses.get(message.profileId)?.[0],
      version: message.templateVersionId === undefined ? undefined : versions.get(message.templateVersionId),
      nodeKey: nodeKeys.get(message.node.id),
    }),
  );
}

interface Material {
  readonly keys: WorkspaceKeys;
  readonly publicUrl: string;
  readonly now: number;
  readonly traits: JsonObject;
  readonly address: ProfileAddress | undefined;
  readonly version: TemplateVersion | undefined;
  /** Opens the variables; undefined once their owner was erased. */
  readonly nodeKey: Buffer | undefined;
}

function prepareOne(message: DueMessage, material: Material): PreparedMessage {
  const text = material.address === undefined ? undefined : normaliseAddress(message.channel, material.address.address);
  const templateExists = material.version !== undefined;
  const nothing = {
    message,
    templateExists,
    address: undefined,
    content: undefined,
    brokenFor: undefined,
    unsubscribeUrl: undefined,
  };
  if (text === undefined || material.address === undefined) return nothing;
  const address = { text, hash: addressHash(material.keys, message.channel, text) };
  if (material.version === undefined) return { ...nothing, address };
  const link = unsubscribeUrl(material.keys, {
    publicUrl: material.publicUrl,
    workspaceId: message.workspaceId,
    profileId: message.profileId,
    node: material.address.node,
    channel: message.channel,
    addressHash: address.hash,
    topic: message.topic,
    messageId: publicId('msg', message.id),
  });
  return {
    ...nothing,
    address,
    unsubscribeUrl: link,
    ...render(message, { ...material, version: material.version, address: material.address, link }),
  };
}

type Renderable = Material & {
  readonly version: TemplateVersion;
  readonly address: ProfileAddress;
  readonly link: string;
};

function render(message: DueMessage, material: Renderable): Pick<PreparedMessage, 'content' | 'brokenFor'> {
  const { source } = message;
  const messageId = publicId('msg', message.id);
  const tracker = createTracker(material.keys, {
    publicUrl: material.publicUrl,
    message: {
      workspaceId: message.workspaceId,
      profileId: message.profileId,
      node: material.address.node,
      messageId,
      ...(source.kind === 'journey' && {
        journeyId: publicId('jrn', source.journeyId),
        runId: publicId('run', source.runId),
      }),
    },
  });
  try {
    const variables = {
      ...templateScope(material.traits, openVariables(message, material.nodeKey)),
      message_id: messageId,
    };
    const links = { unsubscribeUrl: material.link, ...tracker };
    const content = renderEmail({ version: material.version, variables, links, now: material.now });
    return content.subject === '' ? broken('the subject is empty') : { content, brokenFor: undefined };
  } catch {
    // The error's words may quote what the customer is called.
    return broken('the template cannot be rendered for this profile');
  }
}

function broken(reason: string): Pick<PreparedMessage, 'content' | 'brokenFor'> {
  return { content: undefined, brokenFor: reason };
}

function openVariables(message: DueMessage, nodeKey: Buffer | undefined): JsonObject {
  if (message.variables === undefined) return {};
  if (nodeKey === undefined) throw new Error('the variables were erased');
  return JSON.parse(open(nodeKey, message.variables).toString('utf8')) as JsonObject;
}

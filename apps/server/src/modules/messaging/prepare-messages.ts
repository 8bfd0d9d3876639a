import type { Brand } from '@segue/contract';
import type { Ctx } from '../../platform/context.ts';
import { open, seal, type WorkspaceKeys } from '../../platform/crypto/index.ts';
import { readSubjects } from '../../platform/eventlog/index.ts';
import { publicId } from '../../platform/ids/index.ts';
import type { JsonObject } from '../../platform/json.ts';
import {
  addressHash,
  brandVariables,
  confirmUrl,
  mailboxOf,
  normaliseAddress,
  readBrand,
  unsubscribeUrl,
} from '../consent/index.ts';
import {
  createTracker,
  findLinkHome,
  loadTemplateVersions,
  renderEmail,
  type TemplateVersion,
  templateScope,
  usedVariables,
} from '../content/index.ts';
import { listAddresses, openNodeKeys, openAllTraits, type ProfileAddress } from '../profiles/index.ts';
import type { CustomerZones } from './gate/customer-zones.ts';
import type { DueMessage } from './message-store.ts';
import type { GateDeps, ProductTruth } from './ports.ts';
import { inlineVersion } from './message-version.ts';
import type { PreparedMessage } from './prepared-message.ts';
import { cardsOf, judgePromotion, readPromoted } from './promoted-products.ts';
import { readZones } from './read-zones.ts';
import { viewUrl } from './view-link.ts';

/**
 * Reads what due messages of one workspace need, without a lock, and renders them: one query a table. A message that
 * the gate then refuses was rendered in vain; one that goes keeps its profile locked for no longer than the decision.
 */
export async function prepareMessages(
  reader: Ctx,
  deps: GateDeps,
  messages: readonly DueMessage[],
): Promise<PreparedMessage[]> {
  const { workspaceId } = reader;
  const keys = await reader.keysOf(workspaceId);
  const home = await findLinkHome(reader.sql, workspaceId, deps.publicUrl);
  const brand = await readBrand(reader.sql, workspaceId);
  const profileIds = [...new Set(messages.map((message) => message.profileId))];
  const subjects = await readSubjects(reader.sql, workspaceId, profileIds);
  const traits = await openAllTraits(reader, subjects.values());
  const addresses = await listAddresses(reader, profileIds, 'email');
  const versions = await loadTemplateVersions(
    reader.sql,
    workspaceId,
    messages.flatMap((message) => message.templateVersionId ?? []),
  );
  const nodeKeys = await openNodeKeys({ sql: reader.sql, workspaceId, keys }, [
    ...new Set(messages.map(({ node }) => node.id)),
  ]);
  const versionOf = (message: DueMessage) =>
    message.templateVersionId === undefined
      ? inlineVersion(message, nodeKeys.get(message.node.id))
      : versions.get(message.templateVersionId);
  const nowMs = reader.clock.now();
  const zones = await readZones(reader, { subjects, traits });
  const promoted = await readPromoted(reader.sql, workspaceId, { port: deps.products, messages, nowMs });
  return messages.map((message) =>
    prepareOne(message, {
      keys,
      homes: { links: home, server: deps.publicUrl },
      brand,
      now: nowMs,
      promoted: promoted(message),
      traits: traits.get(message.profileId) ?? {},
      address: addressOf(addresses.get(message.profileId), message.toNode),
      version: versionOf(message),
      nodeKey: nodeKeys.get(message.node.id),
      zones: zones(message.profileId),
    }),
  );
}

/** The best of hers, or the one that was asked for. */
function addressOf(addresses: readonly ProfileAddress[] = [], toNode: number | undefined): ProfileAddress | undefined {
  return toNode === undefined ? addresses[0] : addresses.find(({ node }) => node.id === toNode);
}

interface Material {
  readonly keys: WorkspaceKeys;
  /** Where links begin, and where this server is reached anyway. */
  readonly homes: { readonly links: string; readonly server: string };
  readonly brand: Brand;
  readonly now: number;
  readonly traits: JsonObject;
  readonly address: ProfileAddress | undefined;
  readonly version: TemplateVersion | undefined;
  /** Opens the variables; undefined once their owner was erased. */
  readonly nodeKey: Buffer | undefined;
  /** What is so of the products it invites to buy. */
  readonly promoted: readonly ProductTruth[];
  readonly zones: CustomerZones;
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
    shown: undefined,
    shownProducts: judgePromotion(material.promoted).shown,
    zones: material.zones,
  };
  if (text === undefined || material.address === undefined) return nothing;
  const hashOf = (written: string) => addressHash(material.keys, message.channel, written);
  const address = { text, hash: hashOf(text), mailboxHash: hashOf(mailboxOf(text)), node: material.address.node };
  if (material.version === undefined) return { ...nothing, address };
  const link = unsubscribeUrl(material.keys, {
    publicUrl: material.homes.links,
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
    ...render(message, {
      ...material,
      version: material.version,
      address: material.address,
      addressHash: address.hash,
      link,
    }),
  };
}

type Renderable = Material & {
  readonly version: TemplateVersion;
  readonly address: ProfileAddress;
  readonly addressHash: string;
  readonly link: string;
};

type Rendered = Pick<PreparedMessage, 'content' | 'brokenFor' | 'shown'>;

function render(message: DueMessage, material: Renderable): Rendered {
  try {
    const { version, now, nodeKey } = material;
    const variables = scopeOf(message, material);
    const content = renderEmail({ version, variables, links: linksOf(message, material), now });
    if (content.subject === '') return broken('the subject is empty');
    const used = usedVariables(version, variables);
    const shown = nodeKey === undefined ? undefined : seal(nodeKey, JSON.stringify(used));
    return { content, shown, brokenFor: undefined };
  } catch {
    // The error's words may quote what the customer is called.
    return broken('the template cannot be rendered for this profile');
  }
}

function scopeOf(message: DueMessage, material: Renderable): JsonObject {
  const { workspaceId, source } = message;
  const messageId = publicId('msg', message.id);
  const asked = { workspaceId, messageId, publicUrl: material.homes.links };
  return {
    brand: brandVariables(material.brand),
    ...templateScope(material.traits, openVariables(message, material.nodeKey)),
    ...(message.products.length > 0 && {
      products: cardsOf(message.products, material.promoted, judgePromotion(material.promoted)),
    }),
    message_id: messageId,
    ...(source.kind === 'confirmation' && {
      confirm_url: confirmUrl(material.keys, {
        ...asked,
        confirmationId: source.confirmationId,
        addressHash: material.addressHash,
      }),
    }),
  };
}

function linksOf(message: DueMessage, material: Renderable) {
  const { workspaceId, source, profileId, templateId, tracking } = message;
  const template = templateId === undefined ? undefined : publicId('tpl', templateId);
  const { keys, homes, now, address } = material;
  const journeyId = source.kind === 'journey' ? publicId('jrn', source.journeyId) : undefined;
  const runId = source.kind === 'journey' ? publicId('run', source.runId) : undefined;
  const tracker = createTracker(keys, {
    publicUrl: homes.links,
    otherHomes: [homes.server],
    message: {
      workspaceId,
      profileId,
      node: address.node,
      messageId: publicId('msg', message.id),
      journeyId,
      runId,
      ...(template !== undefined && { templateId: template }),
      madeAt: now,
    },
  });
  return {
    unsubscribeUrl: material.link,
    viewUrl: viewUrl(keys, { workspaceId, messageId: message.id, madeAt: now, publicUrl: homes.links }),
    utm: { template: template ?? 'inline', journey: journeyId },
    ...(tracking.clicks && { trackUrl: tracker.trackUrl }),
    ...(tracking.opens && { openPixelUrl: tracker.openPixelUrl }),
  };
}

function broken(reason: string): Rendered {
  return { content: undefined, brokenFor: reason, shown: undefined };
}

function openVariables(message: DueMessage, nodeKey: Buffer | undefined): JsonObject {
  if (message.variables === undefined) return {};
  if (!Buffer.isBuffer(message.variables)) return message.variables;
  if (nodeKey === undefined) throw new Error('the variables were erased');
  return JSON.parse(open(nodeKey, message.variables).toString('utf8')) as JsonObject;
}

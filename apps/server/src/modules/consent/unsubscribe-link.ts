import type { Services } from '../../platform/context.ts';
import { readToken, signToken, tokenWorkspace, type WorkspaceKeys } from '../../platform/crypto/index.ts';
import type { NodeRef } from '../../platform/eventlog/index.ts';
import type { Sql } from '../../platform/postgres/index.ts';
import { ownersOfNodes } from '../profiles/index.ts';

/** What an unsubscribe link knows: whom the message was for, where it went, and what it was about. */
export interface UnsubscribeLink {
  readonly workspaceId: number;
  readonly profileId: string;
  /** The node of the address the message went to. */
  readonly node: NodeRef;
  readonly channel: string;
  readonly addressHash: string;
  readonly topic: string;
  /** '' when no message carried it: the shop asked for it, and no mailbox is proved by it. */
  readonly messageId: string;
}

type Payload = [
  version: 1,
  profileId: string,
  kind: number,
  node: number,
  channel: string,
  addressHash: string,
  topic: string,
  messageId: string,
];

/**
 * The link of `List-Unsubscribe` and of the preference page; it never expires. POST to it unsubscribes from the topic at
 * once (RFC 8058), GET shows the preference page.
 */
export function unsubscribeUrl(
  keys: Pick<WorkspaceKeys, 'signing'>,
  options: UnsubscribeLink & { publicUrl: string },
): string {
  return `${options.publicUrl.replace(/\/+$/, '')}/p/u/${unsubscribeToken(keys, options)}`;
}

function unsubscribeToken(keys: Pick<WorkspaceKeys, 'signing'>, link: UnsubscribeLink): string {
  const { node } = link;
  const payload: Payload = [
    1,
    link.profileId,
    node.kind,
    node.id,
    link.channel,
    link.addressHash,
    link.topic,
    link.messageId,
  ];
  return signToken(keys.signing, { purpose: 'unsubscribe', workspaceId: link.workspaceId, payload });
}

/** The channel whose mailbox the link proves, since it was sent there; undefined when it was not sent at all. */
export function provedChannel(link: Pick<UnsubscribeLink, 'channel' | 'messageId'>): string | undefined {
  return link.messageId === '' ? undefined : link.channel;
}

/** Undefined when we never made this link. */
export async function readUnsubscribeToken(
  services: Pick<Services, 'keysOf'>,
  token: string,
): Promise<UnsubscribeLink | undefined> {
  const workspaceId = tokenWorkspace(token);
  if (workspaceId === undefined) return undefined;
  const payload = readToken((await services.keysOf(workspaceId)).signing, 'unsubscribe', token) as Payload | undefined;
  if (payload === undefined) return undefined;
  const [, profileId, kind, node, channel, addressHash, topic, messageId] = payload;
  return { workspaceId, profileId, node: { kind, id: node }, channel, addressHash, topic, messageId };
}

/** The link as of today: what is said by it is said by whoever has the address now, though a merge was undone since. */
export async function toCurrentOwner(sql: Sql, link: UnsubscribeLink): Promise<UnsubscribeLink> {
  const owner = (await ownersOfNodes(sql, link.workspaceId, [link.node.id])).get(link.node.id);
  return owner === undefined ? link : { ...link, profileId: owner };
}

import type { Services } from '../../platform/context.ts';
import {
  readToken,
  signToken,
  type TokenPurpose,
  tokenWorkspace,
  type WorkspaceKeys,
} from '../../platform/crypto/index.ts';
import type { NodeRef } from '../../platform/eventlog/index.ts';

/** The message a link or pixel is in. Ids of messages, journeys and runs are public ones, as events carry them. */
export interface TrackedMessage {
  readonly workspaceId: number;
  readonly profileId: string;
  /** The node of the address the message went to. */
  readonly node: NodeRef;
  readonly messageId: string;
  readonly journeyId?: string | undefined;
  readonly runId?: string | undefined;
}

/** The address is '' in the token of a pixel. */
type Payload = [
  version: 1,
  profileId: string,
  kind: number,
  node: number,
  messageId: string,
  journeyId: string,
  runId: string,
  url: string,
];

/** Makes a message's tracked links and its open pixel; fits `EmailLinks`. */
export function createTracker(
  keys: Pick<WorkspaceKeys, 'signing'>,
  options: { publicUrl: string; message: TrackedMessage },
): { trackUrl(url: string): string; readonly openPixelUrl: string } {
  const { message } = options;
  const home = options.publicUrl.replace(/\/+$/, '');
  const sign = (purpose: TokenPurpose, url: string) =>
    signToken(keys.signing, { purpose, workspaceId: message.workspaceId, payload: toPayload(message, url) });
  return {
    trackUrl: (url) => (isTrackable(url, home) ? `${home}/t/c/${sign('click', url)}` : url),
    openPixelUrl: `${home}/t/o/${sign('open', '')}.gif`,
  };
}

/** Our own pages are left alone: an unsubscribe must not depend on a redirect. */
function isTrackable(url: string, home: string): boolean {
  return toWebUrl(url) !== undefined && !url.startsWith(`${home}/p/`) && !url.startsWith(`${home}/t/`);
}

/** The address as a browser takes it; undefined when it is not an absolute http(s) one. */
export function toWebUrl(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const parsed = new URL(url);
  return parsed.protocol === 'http:' || parsed.protocol === 'https:' ? parsed.href : undefined;
}

function toPayload(message: TrackedMessage, url: string): Payload {
  const { profileId, node, messageId, journeyId = '', runId = '' } = message;
  return [1, profileId, node.kind, node.id, messageId, journeyId, runId, url];
}

/** The message and, of a click, the address; undefined when we never made this token. */
export async function readTrackingToken(
  services: Pick<Services, 'keysOf'>,
  { purpose, token }: { purpose: 'click' | 'open'; token: string },
): Promise<{ readonly message: TrackedMessage; readonly url: string } | undefined> {
  const workspaceId = tokenWorkspace(token);
  if (workspaceId === undefined) return undefined;
  const payload = readToken((await services.keysOf(workspaceId)).signing, purpose, token) as Payload | undefined;
  if (payload === undefined) return undefined;
  const [, profileId, kind, node, messageId, journeyId, runId, url] = payload;
  const message = {
    workspaceId,
    profileId,
    node: { kind, id: node },
    messageId,
    ...(journeyId !== '' && { journeyId }),
    ...(runId !== '' && { runId }),
  };
  return { message, url };
}

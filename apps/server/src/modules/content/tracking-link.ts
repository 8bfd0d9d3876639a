import type { Services } from '../../platform/context.ts';
import {
  readToken,
  signToken,
  type TokenPurpose,
  tokenWorkspace,
  type WorkspaceKeys,
} from '../../platform/crypto/index.ts';
import type { NodeRef } from '../../platform/eventlog/index.ts';
import type { Json } from '../../platform/json.ts';

/** The message a link or pixel is in. Ids of messages, journeys and runs are public ones, as events carry them. */
export interface TrackedMessage {
  readonly workspaceId: number;
  readonly profileId: string;
  /** The node of the address the message went to. */
  readonly node: NodeRef;
  readonly messageId: string;
  readonly journeyId?: string | undefined;
  readonly runId?: string | undefined;
  /** Links made before this was kept do not say. */
  readonly templateId?: string | undefined;
  /** When it was made, in milliseconds; links made before this was kept do not say. */
  readonly madeAt?: number | undefined;
  /** The link stands on the message's page in a browser. */
  readonly isWebView?: boolean | undefined;
}

/** The address is '' in the token of a pixel. Version 1 ends with it, version 2 before the template. */
type Payload = [
  version: 1 | 2 | 3,
  profileId: string,
  kind: number,
  node: number,
  messageId: string,
  journeyId: string,
  runId: string,
  url: string,
  madeAt?: number,
  isWebView?: number,
  templateId?: string,
];

/** Paths of our own pages: an unsubscribe must not depend on a redirect. */
const OWN_PATHS = ['/p/', '/t/', '/m/'];

/** Makes a message's tracked links and its open pixel; fits `EmailLinks`. */
export function createTracker(
  keys: Pick<WorkspaceKeys, 'signing'>,
  options: {
    /** Where the links begin, see `findLinkHome`. */
    publicUrl: string;
    /** Where our own pages may also be. */
    otherHomes?: readonly string[] | undefined;
    message: TrackedMessage;
  },
): { readonly trackUrl: (url: string) => string; readonly openPixelUrl: string } {
  const { message } = options;
  const home = trimmed(options.publicUrl);
  const homes = [home, ...(options.otherHomes ?? []).map(trimmed)];
  const own = homes.flatMap((one) => OWN_PATHS.map((path) => one + path));
  const sign = (purpose: TokenPurpose, url: string) =>
    signToken(keys.signing, { purpose, workspaceId: message.workspaceId, payload: toPayload(message, url) });
  return {
    trackUrl: (url) =>
      toWebUrl(url) === undefined || own.some((start) => url.startsWith(start))
        ? url
        : `${home}/t/c/${sign('click', url)}`,
    openPixelUrl: `${home}/t/o/${sign('open', '')}.gif`,
  };
}

function trimmed(home: string): string {
  return home.replace(/\/+$/, '');
}

/** The address as a browser takes it; undefined when it is not an absolute http(s) one. */
export function toWebUrl(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const parsed = new URL(url);
  return parsed.protocol === 'http:' || parsed.protocol === 'https:' ? parsed.href : undefined;
}

function toPayload(message: TrackedMessage, url: string): Json {
  const { profileId, node, messageId, journeyId = '', runId = '', madeAt = 0, isWebView, templateId = '' } = message;
  return [
    3,
    profileId,
    node.kind,
    node.id,
    messageId,
    journeyId,
    runId,
    url,
    madeAt,
    isWebView === true ? 1 : 0,
    templateId,
  ];
}

/** The message and, of a click, the address; undefined when we never made this token. */
export async function readTrackingToken(
  services: Pick<Services, 'keysOf'>,
  { purpose, token }: { purpose: 'click' | 'open'; token: string },
): Promise<{ readonly message: TrackedMessage; readonly url: string } | undefined> {
  const workspaceId = tokenWorkspace(token);
  if (workspaceId === undefined) return undefined;
  const payload = readToken((await services.keysOf(workspaceId)).signing, purpose, token);
  if (!Array.isArray(payload)) return undefined;
  const [, profileId, kind, node, messageId, journeyId, runId, url, ...since] = payload as Payload;
  const [madeAt = 0, isWebView = 0, templateId = ''] = since;
  const message = {
    workspaceId,
    profileId,
    node: { kind, id: node },
    messageId,
    ...(journeyId !== '' && { journeyId }),
    ...(runId !== '' && { runId }),
    ...(templateId !== '' && { templateId }),
    ...(madeAt > 0 && { madeAt }),
    ...(isWebView === 1 && { isWebView: true }),
  };
  return { message, url };
}

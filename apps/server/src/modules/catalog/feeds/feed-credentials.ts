import { deriveKey, open, seal, type WorkspaceKeys } from '../../../platform/crypto/index.ts';

/** For HTTP Basic (RFC 7617). */
export interface FeedCredentials {
  readonly user: string;
  readonly password: string;
}

/** As they lie in the table. */
export function sealCredentials(keys: WorkspaceKeys, { user, password }: FeedCredentials): Buffer {
  return seal(keyOf(keys), JSON.stringify({ user, password }));
}

export function openCredentials(keys: WorkspaceKeys, sealed: Buffer): FeedCredentials {
  return JSON.parse(open(keyOf(keys), sealed).toString('utf8')) as FeedCredentials;
}

/** An address may bring credentials (`https://user:password@…`): they are parted from it. Pure. */
export function partCredentials(text: string): { url: string; credentials: FeedCredentials | undefined } {
  if (!URL.canParse(text)) return { url: text, credentials: undefined };
  const url = new URL(text);
  if (url.username === '' && url.password === '') return { url: text, credentials: undefined };
  const credentials = { user: plain(url.username), password: plain(url.password) };
  [url.username, url.password] = ['', ''];
  return { url: url.href, credentials };
}

function plain(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function keyOf(keys: WorkspaceKeys): Buffer {
  return deriveKey(keys.wrapping, 'product feed credentials');
}

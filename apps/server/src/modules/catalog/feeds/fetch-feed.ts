import type { Readable } from 'node:stream';
import type { OpenResult, Outbound } from '../../../platform/outbound/index.ts';
import type { FeedCredentials } from './feed-credentials.ts';
import { FeedFault } from './feed-fault.ts';

const FETCH_MS = 15 * 60_000;
/** A shop may put its feed together while we wait for its first byte. */
const IDLE_MS = 2 * 60_000;
const REDIRECTS_MAX = 5;
const HEADER_CHARS_MAX = 1_000;
const MOVED: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

export interface FeedWish {
  readonly url: string;
  readonly credentials: FeedCredentials | undefined;
  /** What is known of the last one; nothing: it is wanted whatever it is. */
  readonly etag: string | null;
  readonly lastModified: string | null;
}

export type FetchedFeed =
  /** As it was. */
  | { readonly kind: 'unchanged'; readonly status: number }
  | {
      readonly kind: 'body';
      readonly status: number;
      readonly body: Readable;
      readonly contentType: string | undefined;
      readonly etag: string | null;
      readonly lastModified: string | null;
    };

type Answer = Extract<OpenResult, { kind: 'answered' }>;

/**
 * Asks for a feed; every address it is sent on to is judged like the first one, and another server is told no credentials. Throws
 * `FeedFault`, which never names the address.
 */
export async function fetchFeed(outbound: Outbound, wish: FeedWish): Promise<FetchedFeed> {
  let { url, credentials } = wish;
  for (let redirects = 0; ; redirects++) {
    const answer = await ask(outbound, { ...wish, url, credentials });
    const { status, headers } = answer;
    if (status === 200) return bodyOf(answer);
    answer.body.destroy();
    if (status === 304) return { kind: 'unchanged', status };
    if (!MOVED.has(status) || headers.location === undefined) throw faultOf(answer);
    if (redirects === REDIRECTS_MAX)
      throw new FeedFault(`is sent on more than ${REDIRECTS_MAX} times; give its last address`, { httpStatus: status });
    if (!URL.canParse(headers.location, url))
      throw new FeedFault('is sent on to something that is no address', { httpStatus: status });
    const next = new URL(headers.location, url);
    if (next.origin !== new URL(url).origin) credentials = undefined;
    url = next.href;
  }
}

async function ask(outbound: Outbound, { url, credentials, etag, lastModified }: FeedWish): Promise<Answer> {
  const result = await outbound.open({
    url,
    headers: {
      accept: 'text/csv, application/rss+xml, application/atom+xml, application/xml, text/*;q=0.9, */*;q=0.5',
      'accept-encoding': 'gzip',
      ...(credentials !== undefined && { authorization: basicOf(credentials) }),
      ...(etag !== null && { 'if-none-match': etag }),
      ...(lastModified !== null && { 'if-modified-since': lastModified }),
    },
    ...{ timeoutMs: FETCH_MS, idleMs: IDLE_MS },
  });
  switch (result.kind) {
    case 'answered':
      return result;
    case 'refused':
      throw new FeedFault(`must not be called there: ${result.reason}`);
    case 'failed':
      throw new FeedFault(`was not answered: ${result.reason} (${result.detail})`);
  }
}

function bodyOf({ status, headers, body }: Answer): FetchedFeed {
  return {
    ...{ kind: 'body', status, body, contentType: headers['content-type'] },
    etag: kept(headers.etag),
    lastModified: kept(headers['last-modified']),
  };
}

/** Sent back as it came; one that is endless is not worth that. */
function kept(header: string | undefined): string | null {
  return header === undefined || header.length > HEADER_CHARS_MAX ? null : header;
}

function basicOf({ user, password }: FeedCredentials): string {
  return `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`;
}

const REMEDIES: Readonly<Record<number, string>> = {
  401: 'give its user and password',
  403: 'its server lets nobody in with these credentials',
  404: 'there is nothing at its address',
  410: 'there is nothing at its address any more',
};

function faultOf({ status, headers }: Answer): FeedFault {
  const remedy = REMEDIES[status];
  const seconds = Number(headers['retry-after'] ?? Number.NaN);
  return new FeedFault(`was answered with ${status}${remedy === undefined ? '' : `: ${remedy}`}`, {
    httpStatus: status,
    ...(seconds > 0 && { retryAfterMs: seconds * 1_000 }),
  });
}

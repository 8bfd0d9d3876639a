import type { IncomingHttpHeaders } from 'node:http';
import type { JsonObject } from '../../../platform/json.ts';

/** Where a write key may stand. */
export interface KeyPlaces {
  readonly headers: IncomingHttpHeaders;
  /** Only where the protocol puts it there: beacons and pixels, which cannot set headers. */
  readonly query?: Readonly<Record<string, unknown>> | undefined;
  readonly body?: JsonObject | undefined;
}

/**
 * The write key of a request: Basic user name with or without its colon, else `X-Write-Key`, else in the query, else in
 * the body (also beside a Bearer token, which is Segment's OAuth and says nothing here). Pure.
 */
export function writeKeyOf({ headers, query, body }: KeyPlaces): string | undefined {
  return (
    basicUserName(headers.authorization) ??
    text(headers['x-write-key']) ??
    text(query?.['writeKey']) ??
    text(body?.['writeKey'])
  );
}

function basicUserName(authorization: string | undefined): string | undefined {
  const [, credentials] = /^Basic +(\S+)/i.exec(authorization ?? '') ?? [];
  if (credentials === undefined) return undefined;
  const [userName] = Buffer.from(credentials, 'base64').toString('utf8').split(':', 1);
  return text(userName);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { createContext, type Ctx, type Services } from '../../../platform/context.ts';
import { AppError } from '../../../platform/errors.ts';
import type { Source } from '../../accounts/index.ts';

export interface ShopperDeps {
  readonly services: Services;
  /** Who a write key belongs to. */
  readonly findSource: (writeKey: string) => Promise<Source | undefined>;
}

const WRITE_KEY_LENGTH_MAX = 200;

/**
 * The workspace whose write key a browser or app sends: in `X-Write-Key`, as the user name of Basic, or in the query, since an
 * EventSource sets no headers. The key is public: it opens no basket, only the basket's own token does.
 */
export async function shopperContext({ services, findSource }: ShopperDeps, request: FastifyRequest): Promise<Ctx> {
  const writeKey = writeKeyOf(request);
  const source = writeKey === undefined ? undefined : await findSource(writeKey);
  if (source === undefined) {
    throw new AppError('unauthenticated', 'The write key is missing or unknown', {
      details: [{ field: 'writeKey', message: 'send it as Basic user name, in X-Write-Key, or as ?writeKey=' }],
    });
  }
  if (!source.isEnabled) throw new AppError('not_found', 'source is disabled');
  return createContext(services, source.workspaceId, { kind: 'system', name: 'shopper' });
}

function writeKeyOf({ headers, query }: FastifyRequest): string | undefined {
  const [, credentials] = /^Basic +(\S+)/i.exec(headers.authorization ?? '') ?? [];
  const basic = credentials === undefined ? undefined : Buffer.from(credentials, 'base64').toString('utf8');
  const given = [basic?.split(':', 1)[0], headers['x-write-key'], (query as Record<string, unknown>)['writeKey']];
  const key = given.find((one) => typeof one === 'string' && one !== '') as string | undefined;
  // No key is that long or holds NUL, which a database text cannot.
  return key === undefined || key.length > WRITE_KEY_LENGTH_MAX || key.includes('\0') ? undefined : key;
}

/** Lets a page of any origin read the answer, errors too: what it may see is decided by what it knows, not by where it is. */
export function originHeaders({ origin }: IncomingHttpHeaders): Record<string, string> {
  if (origin === undefined) return {};
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': 'Retry-After',
    vary: 'Origin',
  };
}

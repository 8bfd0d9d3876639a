import type { FastifyInstance, FastifyRequest } from 'fastify';
import { createContext, type Services } from '../../../platform/context.ts';
import { AppError } from '../../../platform/errors.ts';
import { inTransaction } from '../../../platform/eventlog/index.ts';
import type { Routes } from '../../../platform/http/index.ts';
import { parsePublicId } from '../../../platform/ids/index.ts';
import type { Json } from '../../../platform/json.ts';
import { identifierReaderOf } from '../../profiles/index.ts';
import { takeRequest } from '../requests/create-request.ts';
import { openSecret } from './account-routes.ts';
import { type AccountRow, findAccount, insertWebhook } from './account-store.ts';
import { type ComplianceTopic, identifiersOf, isComplianceTopic, isSigned, TOPICS } from './compliance-webhook.ts';

const BODY_BYTES_MAX = 1024 * 1024;
const WEBHOOK_ID_CHARS_MAX = 200;

/** Shopify's compliance webhooks: answered as soon as what they ask is written down. */
export function createShopifyHookRoutes(services: Services): Routes {
  return (_serve, app) => {
    takeRaw(app);
    app.post('/hooks/shopify/:account', async (request, reply) => {
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      const account = await requireSigned(services, request, body);
      const topic = headerOf(request, 'x-shopify-topic') ?? '';
      // Another topic of the same app is nothing wrong: Shopify would send it again and again.
      if (isComplianceTopic(topic)) await take(services, { account, topic, payload: parse(body), request });
      return reply.code(200).send();
    });
  };
}

/** The signature is over the bytes as they came. */
function takeRaw(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: BODY_BYTES_MAX }, (_request, body, done) =>
    done(null, body),
  );
}

/** An unknown account is answered like a wrong signature: 401, as Shopify demands. */
async function requireSigned(services: Services, request: FastifyRequest, body: Buffer): Promise<AccountRow> {
  const id = parsePublicId('sac', (request.params as { account: string }).account);
  const account = id === undefined ? undefined : await findAccount(services.postgres, id);
  const refused = new AppError('unauthenticated', 'This webhook is not signed by the shop of this account');
  if (account === undefined) throw refused;
  const secret = openSecret(await services.keysOf(account.workspace_id), account.secret);
  if (!isSigned(secret, body, headerOf(request, 'x-shopify-hmac-sha256'))) throw refused;
  // The secret is the app's, which may be in many shops.
  if (headerOf(request, 'x-shopify-shop-domain')?.toLowerCase() !== account.shop_domain) throw refused;
  return account;
}

async function take(
  services: Services,
  webhook: { account: AccountRow; topic: ComplianceTopic; payload: Json; request: FastifyRequest },
): Promise<void> {
  const { account, topic, payload, request } = webhook;
  const webhookId = headerOf(request, 'x-shopify-webhook-id') ?? '';
  const system = createContext(services, account.workspace_id, { kind: 'system', name: 'shopify' });
  await inTransaction({ ...system, ip: request.ip }, async (ctx) => {
    const at = new Date(ctx.clock.now());
    const seen = { id: webhookId.slice(0, WEBHOOK_ID_CHARS_MAX), at };
    if (webhookId !== '' && !(await insertWebhook(ctx.sql, account, seen))) return;
    const reader = await identifierReaderOf(ctx, ctx.workspaceId);
    const kind = TOPICS[topic];
    await takeRequest(ctx, {
      kind,
      regulation: 'other',
      origin: 'shopify',
      identifiers:
        kind === 'erase_shop' ? [] : identifiersOf(payload, { reader, matchCustomerId: account.match_customer_id }),
      suppress: true,
      accountId: account.id,
      source: account.source_number ?? undefined,
    });
  });
}

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}

function parse(body: Buffer): Json {
  try {
    return JSON.parse(body.toString('utf8')) as Json;
  } catch {
    throw new AppError('invalid', 'The body is not JSON');
  }
}

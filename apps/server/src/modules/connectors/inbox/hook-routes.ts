import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Services } from '../../../platform/context.ts';
import { seal } from '../../../platform/crypto/index.ts';
import { AppError } from '../../../platform/errors.ts';
import type { Routes } from '../../../platform/http/index.ts';
import { newUuid, parsePublicId } from '../../../platform/ids/index.ts';
import { ownerOf } from '../apply/applying.ts';
import { connectorOf } from '../connector-kinds.ts';
import { openSecrets, signingSecrets } from '../connector-secrets.ts';
import { type ConnectorRow, findCalledConnector } from '../connector-store.ts';
import type { DeliveryHead, RawDelivery } from '../connector.ts';
import { sha256 } from '../signature.ts';
import { insertDeliveries } from './inbox-store.ts';

const BODY_BYTES_MAX = 16 * 1024 * 1024;
const TEXT_CHARS_MAX = 400;

/**
 * `POST /hooks/connectors/{id}`: webhooks of shops. Answered as soon as the bytes are written down, for a shop waits five seconds
 * at most; what they say is looked at later.
 */
export function createConnectorHookRoutes(services: Services): Routes {
  return (_serve, app) => {
    takeRaw(app);
    app.post('/hooks/connectors/:connector', async (request, reply) => {
      const { connector, delivery, verified } = await requireSigned(services, request);
      if (verified.kind === 'signed') await keep(services, { connector, delivery, head: verified.head });
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

/** An unknown connector is answered like a wrong signature: 401, as Shopify demands. */
async function requireSigned(services: Services, request: FastifyRequest) {
  const id = parsePublicId('cnc', (request.params as { connector: string }).connector);
  const connector = id === undefined ? undefined : await findCalledConnector(services.postgres, id);
  const refused = new AppError('unauthenticated', 'This webhook is not signed by the shop of this connector');
  if (connector === undefined) throw refused;
  const secrets = openSecrets(await services.keysOf(connector.workspace_id), connector.secrets);
  const delivery: RawDelivery = {
    headers: headersOf(request),
    body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
  };
  const own = { secrets: signingSecrets(secrets, services.clock.now()), account: connector.account };
  const verified = connectorOf(connector.kind).verify(delivery, own);
  if (verified.kind === 'refused') throw refused;
  return { connector, delivery, verified };
}

function headersOf(request: FastifyRequest): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]),
  );
}

async function keep(
  services: Services,
  { connector, delivery, head }: { connector: ConnectorRow; delivery: RawDelivery; head: DeliveryHead },
): Promise<void> {
  const at = new Date(services.clock.now());
  const { wrapping } = await services.keysOf(connector.workspace_id);
  await insertDeliveries(services.postgres, ownerOf({ connector }), [
    {
      ...{ id: newUuid(at.getTime()), topic: storable(head.topic), deliveryKey: storable(head.deliveryKey) },
      eventKey: head.eventKey === undefined ? undefined : storable(head.eventKey),
      bodySha256: sha256(delivery.body),
      triggeredAt: head.triggeredAtMs === undefined ? null : new Date(head.triggeredAtMs),
      ...{ receivedAt: at, raw: seal(wrapping, delivery.body) },
    },
  ]);
}

/** Headers are whatever their sender writes; their signature is over the body alone. */
function storable(text: string): string {
  return text.slice(0, TEXT_CHARS_MAX).replaceAll('\0', '');
}

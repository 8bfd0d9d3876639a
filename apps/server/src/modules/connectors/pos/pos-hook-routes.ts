import { timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { createContext, type Services } from '../../../platform/context.ts';
import { AppError } from '../../../platform/errors.ts';
import { inTransaction } from '../../../platform/eventlog/index.ts';
import type { Routes } from '../../../platform/http/index.ts';
import { parsePublicId } from '../../../platform/ids/index.ts';
import { isJsonObject, type Json } from '../../../platform/json.ts';
import { ownerOf } from '../apply/applying.ts';
import { type ConnectorRow, findCalledConnector } from '../connector-store.ts';
import { sha256 } from '../signature.ts';
import { type DeviceRow, findDevice } from './device-store.ts';
import { takePosBatch } from './take-batch.ts';

const BODY_BYTES_MAX = 8 * 1024 * 1024;
const ITEMS_MAX = 1_000;

/**
 * `POST /hooks/pos/{id}` with `Authorization: Bearer <key of the device>` and `{ deviceId, items: [{ sequence, at, kind, … }] }`:
 * answers per item whether it is taken, and which numbers are missing. A batch may be sent again, whole or in part.
 */
export function createPosHookRoutes(services: Services): Routes {
  return (_serve, app) => {
    app.post('/hooks/pos/:connector', { bodyLimit: BODY_BYTES_MAX }, async (request, reply) => {
      const body = request.body as Json | undefined;
      const { connector, device } = await requireDevice(services, request, body);
      const items = isJsonObject(body) ? body['items'] : undefined;
      if (!Array.isArray(items) || items.length > ITEMS_MAX) {
        const message = `give a list of at most ${ITEMS_MAX}`;
        throw new AppError('invalid', 'The batch does not fit', { details: [{ field: 'items', message }] });
      }
      const system = createContext(services, connector.workspace_id, { kind: 'system', name: 'pos' });
      const answer = await inTransaction(system, async (ctx) => {
        const held = await findDevice(ctx.sql, ownerOf({ connector }), { device: device.device, lock: true });
        if (held === undefined) throw refused();
        return takePosBatch(ctx, { connector, device: held, items });
      });
      return reply.code(200).header('cache-control', 'no-store').send(answer);
    });
  };
}

const refused = (): AppError =>
  new AppError('unauthenticated', 'The key is not that of a device of this connector; let the device in again');

async function requireDevice(
  services: Services,
  request: FastifyRequest,
  body: Json | undefined,
): Promise<{ connector: ConnectorRow; device: DeviceRow }> {
  const id = parsePublicId('cnc', (request.params as { connector: string }).connector);
  const connector = id === undefined ? undefined : await findCalledConnector(services.postgres, id);
  const name = isJsonObject(body) ? body['deviceId'] : undefined;
  if (connector?.kind !== 'pos' || typeof name !== 'string' || name.includes('\0')) throw refused();
  const device = await findDevice(services.postgres, ownerOf({ connector }), { device: name });
  const given = sha256(/^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '');
  if (device === undefined || !timingSafeEqual(given, device.key_sha256)) throw refused();
  return { connector, device };
}

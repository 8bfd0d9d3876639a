import { randomBytes, randomUUID } from 'node:crypto';
import { seal } from '../../platform/crypto/index.ts';
import { publicId } from '../../platform/ids/index.ts';
import { type ApiWorld, NOW } from './api-world.ts';
import { CONNECTOR_EXAMPLES, connectorOf } from './examples-connectors.data.ts';
import type { Shop } from './shop.ts';

type Grow = (world: ApiWorld, shop: Shop) => Promise<void>;

/** A delivery of a connector that was set aside; answers its id. */
export async function addSetAside(
  { services }: Pick<ApiWorld, 'services'>,
  workspaceId: number,
  connectorId: string,
): Promise<string> {
  const id = randomUUID();
  const { wrapping } = await services.keysOf(workspaceId);
  await services.postgres.query({
    text: `insert into connector_inbox (workspace_id, connector_id, id, topic, delivery_key, body_sha256, received_at, raw, state, fault)
           values ($1, $2, $3::uuid, 'orders/create', $3::uuid::text, $4, $5, $6, 'faulted', 'the order has no id')`,
    values: [
      ...[workspaceId, connectorId.slice('cnc_'.length), id, randomBytes(32)],
      ...[new Date(NOW), seal(wrapping, '{}')],
    ],
  });
  return publicId('dlr', id);
}

/** How each list of connectors gets one row more. */
export const CONNECTOR_GROW = {
  listConnectors: async (_world, shop) =>
    void (await shop.call('createConnector', CONNECTOR_EXAMPLES.createConnector(shop))),
  listConnectorDeliveries: async (world, shop) =>
    void (await addSetAside(world, shop.workspaceId, await connectorOf(shop))),
} as const satisfies Readonly<Record<string, Grow>>;

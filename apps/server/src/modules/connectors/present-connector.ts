import type { AnswerOf, api } from '@segue/contract';
import type { WorkspaceKeys } from '../../platform/crypto/index.ts';
import { publicId } from '../../platform/ids/index.ts';
import { openSecrets } from './connector-secrets.ts';
import type { ConnectorRow } from './connector-store.ts';
import type { DeliveryRow } from './inbox/inbox-store.ts';
import { missingOf } from './pos/device-sequence.ts';
import type { DeviceRow } from './pos/device-store.ts';
import { SHOPIFY_TOPICS } from './shopify/shopify-connector.ts';
import type { JobRow } from './sync/job-store.ts';
import { canAsk } from './sync/plan-jobs.ts';
import { WOO_TOPICS } from './woocommerce/woo-connector.ts';

const MISSING_SHOWN_MAX = 100;

type PresentedConnector = AnswerOf<typeof api.getConnector>;
type PresentedDelivery = AnswerOf<typeof api.replayConnectorDelivery>;
type PresentedJob = AnswerOf<typeof api.startConnectorReport>;
type PresentedDevice = AnswerOf<typeof api.listConnectorDevices>['items'][number];

export function presentConnector(row: ConnectorRow, keys: WorkspaceKeys): PresentedConnector {
  const { kind, name, account, source, state, settings } = row;
  const id = publicId('cnc', row.id);
  const { currency, channel, matchCustomerIds, pushesStock, consentTopic } = settings;
  return {
    ...{ id, kind, name, account, source, state, currency, channel, matchCustomerIds, pushesStock, consentTopic },
    truth: settings.truth === undefined ? null : [...settings.truth],
    ...{ apiVersion: settings.apiVersion ?? null, apiUrl: settings.apiUrl ?? null },
    canAsk: canAsk(kind, openSecrets(keys, row.secrets)),
    hookPath: hookPathOf(row),
    hookTopics: kind === 'shopify' ? [...SHOPIFY_TOPICS] : kind === 'woocommerce' ? [...WOO_TOPICS] : [],
    ...{ createdAt: row.created_at.toISOString(), updatedAt: row.updated_at.toISOString() },
  };
}

export function hookPathOf({ id, kind }: Pick<ConnectorRow, 'id' | 'kind'>): string | null {
  if (kind === 'drop') return null;
  return `/hooks/${kind === 'pos' ? 'pos' : 'connectors'}/${publicId('cnc', id)}`;
}

export function presentDelivery(row: DeliveryRow): PresentedDelivery {
  const { topic, state, attempts, fault } = row;
  return {
    ...{ id: publicId('dlr', row.id), topic, state, attempts, fault },
    triggeredAt: row.triggered_at?.toISOString() ?? null,
    receivedAt: row.received_at.toISOString(),
    processedAt: row.processed_at?.toISOString() ?? null,
  };
}

export function presentJob(row: JobRow): PresentedJob {
  const { kind, state, resource, records, fault } = row;
  return {
    ...{ id: publicId('cnc', row.id), kind, state, resource, records, fault },
    since: row.since?.toISOString() ?? null,
    createdAt: row.created_at.toISOString(),
    endedAt: row.ended_at?.toISOString() ?? null,
  };
}

export function presentDevice(row: DeviceRow): PresentedDevice {
  return {
    device: row.device,
    location: row.location === '' ? null : row.location,
    acceptedThrough: row.through,
    missing: missingOf(row, MISSING_SHOWN_MAX),
    lastSeenAt: row.last_seen_at?.toISOString() ?? null,
    createdAt: row.created_at.toISOString(),
  };
}

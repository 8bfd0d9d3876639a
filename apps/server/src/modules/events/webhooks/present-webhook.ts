import type { Webhook, WebhookDelivery } from '@segue/contract';
import { publicId } from '../../../platform/ids/index.ts';
import { openAttempt } from './attempt.ts';
import { FILTERED_BY_CONSENT } from './consent-filter.ts';
import type { DeliveryRow } from './delivery-list-store.ts';
import type { EndpointRow } from './endpoint-store.ts';
import type { HealthRow } from './health-store.ts';

/** An endpoint as the API shows it: no secret, and of its headers the names. */
export function presentWebhook(row: EndpointRow, health: HealthRow | undefined, now: number): Webhook {
  const { previous_until: previousUntil } = row;
  return {
    id: publicId('whk', row.id),
    url: row.url,
    description: row.description,
    events: row.events as Webhook['events'],
    source: row.source_id === null ? null : publicId('src', row.source_id),
    headerNames: row.header_names,
    ratePerSecond: row.rate_per_second,
    includePersonal: row.include_personal,
    consentCategories: row.consent_categories,
    isAdvertising: row.is_advertising,
    enabled: row.enabled,
    previousSecretUntil: previousUntil !== null && previousUntil.getTime() > now ? previousUntil.toISOString() : null,
    health: presentHealth(row, health),
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

function presentHealth(row: EndpointRow, health: HealthRow | undefined): Webhook['health'] {
  const {
    succeeded,
    failed,
    filtered,
    took_ms_sum: tookMsSum,
    took_ms_max: tookMsMax,
    waiting,
  } = health ?? NO_ATTEMPTS;
  const attempts = succeeded + failed;
  const isFailing = row.failing_since !== null;
  return {
    state: !row.enabled ? 'disabled' : isFailing ? 'failing' : 'healthy',
    reason: row.enabled ? (isFailing ? row.last_failure : null) : row.disabled_reason,
    disabledAt: iso(row.disabled_at),
    failingSince: iso(row.failing_since),
    lastSuccessAt: iso(row.last_success_at),
    lastFailureAt: iso(row.last_failure_at),
    waiting,
    lastDay: {
      succeeded,
      failed,
      successRate: attempts === 0 ? null : succeeded / attempts,
      latencyMs: attempts === 0 ? null : Math.round(tookMsSum / attempts),
      latencyMaxMs: tookMsMax,
      filtered,
    },
    lastFiltered: row.last_filtered.map((one) => ({ ...one, reason: FILTERED_BY_CONSENT })),
  };
}

const NO_ATTEMPTS = { succeeded: 0, failed: 0, filtered: 0, took_ms_sum: 0, took_ms_max: null, waiting: 0 } as const;

/** `key`: that of the delivery's node, when the caller may see personal values. */
export function presentDelivery(row: DeliveryRow, key: Buffer | undefined): WebhookDelivery {
  return {
    id: publicId('dlv', row.id),
    type: row.type,
    eventName: row.event_name,
    status: row.status,
    createdAt: row.created_at.toISOString(),
    nextAttemptAt: iso(row.next_attempt_at),
    endedAt: iso(row.ended_at),
    attempts: row.attempts.map((attempt) => openAttempt(attempt, key)),
    replays: row.replays,
  };
}

function iso(at: Date | null): string | null {
  return at === null ? null : at.toISOString();
}

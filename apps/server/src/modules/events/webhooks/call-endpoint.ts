import type { WebhookAttempt } from '@segue/contract';
import type { Services } from '../../../platform/context.ts';
import type { Outbound, OutboundResult } from '../../../platform/outbound/index.ts';
import { type CallOutcome, isSuccess, readRetryAfter } from './plan-delivery.ts';
import { openForWebhooks, openHeaders, signWebhook } from './sign-webhook.ts';

/** Within the 15 to 30 seconds standard-webhooks recommends ("Request timeouts"). */
const TIMEOUT_MS = 15_000;
const RESPONSE_KEPT_BYTES = 1_024;

/** An endpoint as far as calling it needs; everything secret is sealed. */
export interface CalledEndpoint {
  readonly url: string;
  readonly headers: Buffer | null;
  readonly secret: Buffer;
  readonly previousSecret: Buffer | null;
  readonly previousUntil: Date | null;
  readonly includePersonal: boolean;
}

export interface CallResult {
  readonly outcome: CallOutcome;
  readonly attempt: WebhookAttempt;
}

/** Posts one signed call and tells what became of it. Never throws because of the other side. */
export async function callEndpoint(
  services: Services,
  call: { outbound: Outbound; workspaceId: number; endpoint: CalledEndpoint; id: string; body: string },
): Promise<CallResult> {
  const { endpoint, id, body } = call;
  const keys = await services.keysOf(call.workspaceId);
  const now = services.clock.now();
  const { previousSecret, previousUntil } = endpoint;
  const isOverlapping = previousSecret !== null && previousUntil !== null && previousUntil.getTime() > now;
  const secrets = [endpoint.secret, ...(isOverlapping ? [previousSecret] : [])];
  const result = await call.outbound.request({
    url: endpoint.url,
    method: 'POST',
    body,
    timeoutMs: TIMEOUT_MS,
    responseBytesMax: RESPONSE_KEPT_BYTES,
    headers: {
      ...openHeaders(keys, endpoint.headers),
      'content-type': 'application/json',
      'user-agent': 'Segue-Webhooks/1.0',
      ...signWebhook({ id, body, secrets: secrets.map((sealed) => openForWebhooks(keys, sealed)) }, now),
    },
  });
  return describe(result, { startedAt: now, endedAt: services.clock.now() });
}

function describe(result: OutboundResult, at: { startedAt: number; endedAt: number }): CallResult {
  const base = { at: new Date(at.startedAt).toISOString(), status: null, tookMs: null, responseBody: null };
  switch (result.kind) {
    case 'answered': {
      const { status, tookMs } = result;
      const outcome: CallOutcome = {
        status,
        retryAfterMs: readRetryAfter(result.headers['retry-after'], at.endedAt),
        reason: isSuccess({ status }) ? undefined : reasonOfStatus(status),
      };
      // PostgreSQL keeps no NUL in a text.
      const responseBody = result.body.toString('utf8').replaceAll('\u0000', '\uFFFD');
      const reason = outcome.reason ?? null;
      const kind = reason === null ? 'delivered' : 'failed';
      return { outcome, attempt: { ...base, result: kind, status, reason, tookMs, responseBody } };
    }
    case 'failed': {
      const reason = `${FAILURES[result.reason]} (${result.detail})`;
      return {
        outcome: { status: undefined, retryAfterMs: undefined, reason },
        attempt: { ...base, result: 'failed', reason, tookMs: result.tookMs },
      };
    }
    case 'refused': {
      const reason = `not called: ${result.reason}`;
      return {
        outcome: { status: undefined, retryAfterMs: undefined, reason },
        attempt: { ...base, result: 'refused', reason },
      };
    }
  }
}

const FAILURES = {
  timeout: 'it did not answer within 15 seconds',
  dns: 'its name could not be resolved',
  connection: 'the connection failed',
  tls: 'its certificate or TLS could not be accepted',
} as const;

function reasonOfStatus(status: number): string {
  if (status >= 300 && status < 400) return `it answered ${status}; redirects are not followed: give the new URL`;
  return `it answered ${status}`;
}

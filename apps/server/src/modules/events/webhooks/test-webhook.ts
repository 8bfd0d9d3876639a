import { randomBytes } from 'node:crypto';
import type { WebhookAttempt } from '@segue/contract';
import type { Ctx } from '../../../platform/context.ts';
import { inTransaction } from '../../../platform/eventlog/index.ts';
import { publicId } from '../../../platform/ids/index.ts';
import type { Outbound } from '../../../platform/outbound/index.ts';
import { recordAudit } from '../../accounts/index.ts';
import { callEndpoint } from './call-endpoint.ts';
import { liftHold } from './endpoint-store.ts';
import { requireEndpoint } from './endpoints.ts';
import { isSuccess } from './plan-delivery.ts';

/**
 * Calls an endpoint while the caller waits and answers what became of it. No transaction is open meanwhile. A call that
 * succeeds ends the rest a failing endpoint was given.
 */
export async function testWebhook(
  ctx: Ctx,
  outbound: Outbound,
  text: string,
): Promise<WebhookAttempt & { webhookId: string }> {
  const endpoint = await requireEndpoint(ctx, text);
  const webhookId = `test_${randomBytes(16).toString('hex')}`;
  const subject = publicId('whk', endpoint.id);
  const { attempt, outcome } = await callEndpoint(ctx, {
    outbound,
    workspaceId: ctx.workspaceId,
    endpoint: {
      url: endpoint.url,
      headers: endpoint.headers,
      secret: endpoint.secret,
      previousSecret: endpoint.previous_secret,
      previousUntil: endpoint.previous_until,
      includePersonal: false,
    },
    id: webhookId,
    body: JSON.stringify({
      type: 'webhook.test',
      timestamp: new Date(ctx.clock.now()).toISOString(),
      data: { webhook: subject },
    }),
  });
  await inTransaction(ctx, async (ctx) => {
    if (isSuccess(outcome)) await liftHold(ctx.sql, ctx.workspaceId, endpoint.id);
    await recordAudit(ctx, { action: 'webhook.tested', subject, detail: { result: attempt.result } });
  });
  return { ...attempt, webhookId };
}

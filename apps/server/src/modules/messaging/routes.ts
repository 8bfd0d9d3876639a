import { api } from '@segue/contract';
import type { FastifyRequest } from 'fastify';
import type { Services } from '../../platform/context.ts';
import { AppError } from '../../platform/errors.ts';
import { decodeCursor, type Routes, toPage } from '../../platform/http/index.ts';
import { requirePublicId } from '../../platform/ids/index.ts';
import type { JsonObject } from '../../platform/json.ts';
import { recordAudit } from '../accounts/index.ts';
import { requireProfileId } from '../profiles/index.ts';
import { explainMessage } from './explain-message.ts';
import { findPolicy, writePolicy } from './gate/policy-store.ts';
import { presentPolicy, toPolicy } from './gate/present-policy.ts';
import { findMessage, pageMessages } from './message-list-store.ts';
import { releaseHeld } from './hold-store.ts';
import type { GateDeps } from './ports.ts';
import { presentMessage, presentMessageWithHistory } from './present-message.ts';
import { sendMessage } from './send-message.ts';

/** Sending a message, reading what became of messages, and what the gate goes by. */
export function createMessagingRoutes(services: Services, deps: GateDeps): Routes {
  return (serve) => {
    messageRoutes(serve);
    serve(api.explainMessage, async ({ ctx, body }) => explainMessage({ ctx, services, deps }, body));
    policyRoutes(serve);
  };
}

const messageRoutes = (serve: Parameters<Routes>[0]): void => {
  serve(api.listMessages, async ({ ctx, query: { limit, cursor, ...query } }) => {
    const beforeId = decodeCursor(cursor, ['uuid'])?.[0];
    const rows = await pageMessages(ctx.sql, ctx.workspaceId, {
      filter: {
        profileId: query.profile === undefined ? undefined : await requireProfileId(ctx, query.profile, 'profile'),
        journeyId: query.journey === undefined ? undefined : requirePublicId('jrn', query.journey),
        status: query.status,
      },
      limit,
      beforeId: beforeId === undefined ? undefined : String(beforeId),
    });
    return toPage(rows, { limit, keyOf: (row) => [row.id], present: presentMessage });
  });

  serve(api.getMessage, async ({ ctx, params }) => {
    const row = await findMessage(ctx.sql, ctx.workspaceId, requirePublicId('msg', params.id));
    if (row === undefined) throw new AppError('not_found', 'There is no such message');
    return presentMessageWithHistory(row);
  });

  serve(api.sendMessage, async ({ ctx, body, request }) =>
    presentMessage(await sendMessage(ctx, body, idempotencyHeader(request))),
  );
};

const policyRoutes = (serve: Parameters<Routes>[0]): void => {
  serve(api.getSendPolicy, async ({ ctx }) => presentPolicy(await findPolicy(ctx.sql, ctx.workspaceId)));

  serve(api.updateSendPolicy, async ({ ctx, body }) => {
    const policy = toPolicy(await findPolicy(ctx.sql, ctx.workspaceId), body);
    const now = ctx.clock.now();
    await writePolicy(ctx.sql, ctx.workspaceId, { policy, now });
    await releaseHeld(ctx.sql, ctx.workspaceId, now);
    const presented = presentPolicy(policy);
    const detail = JSON.parse(JSON.stringify(presented)) as JsonObject;
    await recordAudit(ctx, { action: 'send_policy.updated', detail });
    return presented;
  });
};

function idempotencyHeader(request: FastifyRequest): string | undefined {
  const header = request.headers['idempotency-key'];
  return typeof header === 'string' ? header : undefined;
}

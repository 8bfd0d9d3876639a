import { api, type SendPolicy } from '@segue/contract';
import type { FastifyRequest } from 'fastify';
import { AppError } from '../../platform/errors.ts';
import { decodeCursor, type Routes, toPage } from '../../platform/http/index.ts';
import { requirePublicId } from '../../platform/ids/index.ts';
import { recordAudit } from '../accounts/index.ts';
import { requireProfileId } from '../profiles/index.ts';
import { findLimits, type SendLimits, writeLimits } from './cap-store.ts';
import { findMessage, pageMessages } from './message-list-store.ts';
import { presentMessage, presentMessageWithHistory } from './present-message.ts';
import { sendMessage } from './send-message.ts';

/** Sending a message, reading what became of messages, and the frequency cap. */
export const messagingRoutes: Routes = (serve) => {
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

  serve(api.getSendPolicy, async ({ ctx }) => presentPolicy(await findLimits(ctx.sql, ctx.workspaceId)));

  serve(api.updateSendPolicy, async ({ ctx, body }) => {
    const before = await findLimits(ctx.sql, ctx.workspaceId);
    const cap = { limitMax: body.cap.limit, windowMs: body.cap.windowMs };
    const lessOften =
      body.lessOften === undefined
        ? before.lessOften
        : { limitMax: body.lessOften.limit, windowMs: body.lessOften.windowMs };
    const limits = { cap, lessOften };
    await writeLimits(ctx.sql, ctx.workspaceId, { limits, now: ctx.clock.now() });
    await recordAudit(ctx, { action: 'send_policy.updated', detail: presentPolicy(limits) });
    return presentPolicy(limits);
  });
};

function idempotencyHeader(request: FastifyRequest): string | undefined {
  const header = request.headers['idempotency-key'];
  return typeof header === 'string' ? header : undefined;
}

function presentPolicy({ cap, lessOften }: SendLimits): SendPolicy {
  return {
    cap: { limit: cap.limitMax, windowMs: cap.windowMs },
    lessOften: { limit: lessOften.limitMax, windowMs: lessOften.windowMs },
  };
}

import { api, type ForeseenDecision, type SendMessageBody } from '@segue/contract';
import type { FastifyRequest } from 'fastify';
import { AppError } from '../../platform/errors.ts';
import { decodeCursor, type Routes, toPage } from '../../platform/http/index.ts';
import { requirePublicId } from '../../platform/ids/index.ts';
import type { JsonObject } from '../../platform/json.ts';
import { recordAudit } from '../accounts/index.ts';
import { requireProfileId } from '../profiles/index.ts';
import { explainMessage } from './explain-message.ts';
import { findPolicy, writePolicy } from './gate/policy-store.ts';
import { presentPolicy, toPolicy } from './gate/present-policy.ts';
import { findMessage, type MessageRow, pageMessages } from './message-list-store.ts';
import { releaseHeld } from './hold-store.ts';
import type { GateDeps } from './ports.ts';
import { presentMessage, presentMessageWithHistory } from './present-message.ts';
import { readSentContent } from './read-sent-content.ts';
import { sendMessage } from './send-message.ts';
import { sendMessages } from './send-messages.ts';

/** Sending a message, reading what became of messages, and what the gate goes by. */
export function createMessagingRoutes(deps: GateDeps): Routes {
  return (serve) => {
    messageRoutes(serve);
    sendingRoutes(serve, deps);
    serve(api.explainMessage, async ({ ctx, body }) => explainMessage({ ctx, deps }, body));
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

  serve(api.getMessageContent, async ({ ctx, params }) => {
    const id = requirePublicId('msg', params.id);
    const content = await readSentContent(ctx, id);
    if (content !== undefined) return { kind: 'kept' as const, ...content };
    if ((await findMessage(ctx.sql, ctx.workspaceId, id)) === undefined)
      throw new AppError('not_found', 'There is no such message');
    return { kind: 'none' as const, reason: 'it was not sent yet, or its customer was erased' };
  });
};

const sendingRoutes = (serve: Parameters<Routes>[0], deps: GateDeps): void => {
  serve(api.sendMessage, async ({ ctx, body, request }) => {
    const row = await sendMessage(ctx, body, idempotencyHeader(request));
    return { ...presentMessage(row), decision: await foresee({ ctx, deps }, { row, body }) };
  });

  serve(api.sendMessages, async ({ ctx, body }) => ({ results: await sendMessages(ctx, body) }));
};

/** What the gate would say now of what was just queued; null when that is decided, later, or about nobody known. */
async function foresee(
  asking: Parameters<typeof explainMessage>[0],
  { row, body }: { row: MessageRow; body: SendMessageBody },
): Promise<ForeseenDecision | null> {
  if (row.status !== 'queued' || row.attempts > 0 || row.profile_id === null || body.sendAt !== undefined) return null;
  const { idempotencyKey: _key, ...asked } = body;
  const { decision, by, reason, until } = await explainMessage(asking, asked);
  return { decision, by, reason, until };
}

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

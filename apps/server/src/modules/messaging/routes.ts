import { MESSAGE_STATUSES, sendMessageSchema, updateSendPolicySchema } from '@segue/contract';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AppError } from '../../platform/errors.ts';
import {
  decodeCursor,
  PAGE_LIMIT_DEFAULT,
  PAGE_LIMIT_MAX,
  parseInput,
  type Routes,
  toPage,
} from '../../platform/http/index.ts';
import { publicId, requirePublicId } from '../../platform/ids/index.ts';
import { requireProfileId } from '../profiles/index.ts';
import { findCap, writeCap } from './cap-store.ts';
import { DEFAULT_CAP, type FrequencyCap } from './gate.ts';
import { findMessage, pageMessages } from './message-list-store.ts';
import { presentMessage, presentMessageWithHistory } from './present-message.ts';
import { sendMessage } from './send-message.ts';

const listQuery = z.object({
  profile: z.string().optional(),
  journey: z.string().optional(),
  status: z.enum(MESSAGE_STATUSES, { error: `give one of ${MESSAGE_STATUSES.join(', ')}` }).optional(),
  limit: z.coerce.number().int().min(1).max(PAGE_LIMIT_MAX).default(PAGE_LIMIT_DEFAULT),
  cursor: z.string().optional(),
});

/** Sending a message, reading what became of messages, and the frequency cap. */
export const messagingRoutes: Routes = (app, deps) => {
  /** Newest first; `?profile=prf_…`, `?journey=jrn_…`, `?status=refused`. */
  app.get('/api/v1/messages', { config: { scope: 'messages:read' } }, async (request) => {
    const ctx = deps.contextOf(request);
    const { limit, cursor, ...query } = parseInput(listQuery, request.query);
    const beforeId = decodeCursor(cursor, ['text'])?.[0];
    const rows = await pageMessages(ctx.sql, ctx.workspaceId, {
      filter: {
        profileId: query.profile === undefined ? undefined : await requireProfileId(ctx, query.profile),
        journeyId: query.journey === undefined ? undefined : requirePublicId('jrn', query.journey),
        status: query.status,
      },
      limit,
      beforeId: beforeId === undefined ? undefined : requirePublicId('msg', String(beforeId)),
    });
    return toPage(rows, { limit, keyOf: (row) => [publicId('msg', row.id)], present: presentMessage });
  });

  /** One message with its history: decisions of the gate, attempts, receipts. */
  app.get<{ Params: { id: string } }>(
    '/api/v1/messages/:id',
    { config: { scope: 'messages:read' } },
    async (request) => {
      const ctx = deps.contextOf(request);
      const row = await findMessage(ctx.sql, ctx.workspaceId, requirePublicId('msg', request.params.id));
      if (row === undefined) throw new AppError('not_found', 'There is no such message');
      return presentMessageWithHistory(row);
    },
  );

  /** Queues a message and answers it; a repeat with the same idempotency key answers the same message. */
  app.post('/api/v1/messages', { config: { scope: 'messages:write' } }, async (request, reply) => {
    const ctx = deps.contextOf(request);
    const row = await sendMessage(ctx, parseInput(sendMessageSchema, request.body), idempotencyHeader(request));
    return reply.code(202).send(presentMessage(row));
  });

  /** The frequency cap of marketing messages. */
  app.get('/api/v1/send-policy', { config: { scope: 'messages:read' } }, async (request) => {
    const ctx = deps.contextOf(request);
    return presentPolicy((await findCap(ctx.sql, ctx.workspaceId)) ?? DEFAULT_CAP);
  });

  app.put('/api/v1/send-policy', { config: { scope: 'messages:write' } }, async (request) => {
    const ctx = deps.contextOf(request);
    const { limit, windowMs } = parseInput(updateSendPolicySchema, request.body).cap;
    const cap = { limitMax: limit, windowMs };
    await writeCap(ctx.sql, ctx.workspaceId, { cap, now: ctx.clock.now() });
    return presentPolicy(cap);
  });
};

function idempotencyHeader(request: FastifyRequest): string | undefined {
  const header = request.headers['idempotency-key'];
  return typeof header === 'string' ? header : undefined;
}

function presentPolicy(cap: FrequencyCap) {
  return { cap: { limit: cap.limitMax, windowMs: cap.windowMs } };
}

import { channelSchema, liftSuppressionSchema, recordConsentSchema, suppressAddressSchema } from '@segue/contract';
import { z } from 'zod';
import type { Ctx } from '../../platform/context.ts';
import { AppError } from '../../platform/errors.ts';
import {
  decodeCursor,
  PAGE_LIMIT_DEFAULT,
  PAGE_LIMIT_MAX,
  type Page,
  parseInput,
  type Routes,
  toPage,
} from '../../platform/http/index.ts';
import { requireProfileId } from '../profiles/index.ts';
import { addressHash, normaliseAddress } from './address.ts';
import { findStates, pageRecords } from './consent-store.ts';
import type { ConsentStatus, SuppressionReason } from './permission.ts';
import { type ConsentProof, openProof } from './proof.ts';
import { recordProfileConsent } from './record-profile-consent.ts';
import { suppressAddress } from './suppress-address.ts';
import { deleteSuppressions, pageSuppressions, type SuppressionRow } from './suppression-store.ts';
import { listTopics } from './topic-store.ts';

const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(PAGE_LIMIT_MAX).default(PAGE_LIMIT_DEFAULT),
  cursor: z.string().optional(),
});
const suppressionQuery = pageQuery.extend({ channel: channelSchema.optional() });

/** One word of a customer with its proof; `isCurrent` marks the last word on its channel and topic. */
interface PresentedConsent extends ConsentProof {
  readonly id: string;
  readonly channel: string;
  readonly topic: string;
  readonly status: ConsentStatus;
  readonly occurredAt: string;
  readonly recordedAt: string;
  readonly source: string;
  readonly isCurrent: boolean;
}

/** Management of topics, consents and suppressions. */
export const consentRoutes: Routes = (app, deps) => {
  app.get('/api/v1/topics', { config: { scope: 'consent:read' } }, async (request) => {
    const ctx = deps.contextOf(request);
    return { items: await listTopics(ctx.sql, ctx.workspaceId), nextCursor: null };
  });

  app.get('/api/v1/profiles/:id/consents', { config: { scope: 'consent:read' } }, async (request) => {
    const { id } = request.params as { id: string };
    const ctx = deps.contextOf(request);
    return listConsents(ctx, await requireProfileId(ctx, id), parseInput(pageQuery, request.query));
  });

  app.post('/api/v1/profiles/:id/consents', { config: { scope: 'consent:write' } }, async (request, reply) => {
    const { id } = request.params as { id: string };
    const ctx = deps.contextOf(request);
    await recordProfileConsent(ctx, await requireProfileId(ctx, id), parseInput(recordConsentSchema, request.body));
    return reply.code(204).send();
  });

  app.get('/api/v1/suppressions', { config: { scope: 'consent:read' } }, async (request) => {
    const ctx = deps.contextOf(request);
    const { limit, cursor, channel } = parseInput(suppressionQuery, request.query);
    const rows = await pageSuppressions(ctx.sql, ctx.workspaceId, {
      limit,
      channel,
      after: decodeCursor(cursor, ['number', 'uuid', 'text', 'text']),
    });
    return toPage(rows, {
      limit,
      keyOf: (row) => [row.created_ms, row.address_hash, row.channel, row.reason],
      present: presentSuppression,
    });
  });

  app.post('/api/v1/suppressions', { config: { scope: 'consent:write' } }, async (request, reply) => {
    const ctx = deps.contextOf(request);
    const { reason, ...named } = parseInput(suppressAddressSchema, request.body);
    const nowMs = ctx.clock.now();
    const suppression = {
      channel: named.channel,
      addressHash: await hashOf(ctx, named),
      reason,
      occurredAt: nowMs,
      source: 'api',
    };
    await suppressAddress(ctx.sql, ctx.workspaceId, { suppression, nowMs });
    return reply.code(204).send();
  });

  app.delete('/api/v1/suppressions', { config: { scope: 'consent:write' } }, async (request, reply) => {
    const ctx = deps.contextOf(request);
    const named = parseInput(liftSuppressionSchema, request.body);
    const lifted = { channel: named.channel, addressHash: await hashOf(ctx, named), reason: named.reason };
    await deleteSuppressions(ctx.sql, ctx.workspaceId, lifted);
    return reply.code(204).send();
  });
};

async function hashOf(ctx: Ctx, named: { channel: string; address: string }): Promise<string> {
  const normalised = normaliseAddress(named.channel, named.address);
  if (normalised === undefined) {
    throw new AppError('invalid', 'The request does not fit', {
      details: [
        {
          field: 'address',
          message: `is not an address of the channel ${named.channel}; write "ada@example.com" or "+4915112345678"`,
        },
      ],
    });
  }
  return addressHash(await ctx.keysOf(ctx.workspaceId), named.channel, normalised);
}

async function listConsents(
  ctx: Ctx,
  profileId: string,
  query: { limit: number; cursor?: string | undefined },
): Promise<Page<PresentedConsent>> {
  const keys = await ctx.keysOf(ctx.workspaceId);
  const lastWords = new Set((await findStates(ctx.sql, ctx.workspaceId, [profileId])).map((state) => state.record_id));
  const rows = await pageRecords(ctx.sql, ctx.workspaceId, {
    profileId,
    limit: query.limit,
    after: decodeCursor(query.cursor, ['number', 'uuid']),
  });
  return toPage(rows, {
    limit: query.limit,
    keyOf: (row) => [row.occurred_ms, row.id],
    present: (row) => ({
      id: row.id,
      channel: row.channel,
      topic: row.topic,
      status: row.status,
      occurredAt: new Date(row.occurred_ms).toISOString(),
      recordedAt: new Date(row.recorded_ms).toISOString(),
      source: row.source,
      isCurrent: lastWords.has(row.id),
      ...openProof(keys, row.proof),
    }),
  });
}

/** The address itself is not kept; whoever knows it can look it up by naming it. */
function presentSuppression(row: SuppressionRow): {
  addressHash: string;
  channel: string;
  reason: SuppressionReason;
  source: string;
  occurredAt: string;
} {
  return {
    addressHash: row.address_hash,
    channel: row.channel,
    reason: row.reason,
    source: row.source,
    occurredAt: new Date(row.occurred_ms).toISOString(),
  };
}

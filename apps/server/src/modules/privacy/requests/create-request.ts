import type { BodyOf } from '@segue/contract';
import type { api, PrivacyRequest } from '@segue/contract';
import { AppError } from '../../../platform/errors.ts';
import type { TxCtx } from '../../../platform/eventlog/index.ts';
import { newUuid, publicId } from '../../../platform/ids/index.ts';
import { recordAudit } from '../../accounts/index.ts';
import { type Identifier, identifierReaderOf, requireProfileId } from '../../profiles/index.ts';
import type { Objection } from './object-for-profile.ts';
import { deadlineMs, type Regulation } from './request-rules.ts';
import { insertRequest } from './request-store.ts';
import { requestHash, sealRequest } from './sealed-request.ts';

type Body = BodyOf<typeof api.createPrivacyRequest>;

/** Takes a request of a member or a key. */
export async function createRequest(ctx: TxCtx, body: Body): Promise<string> {
  const { kind, regulation, suppress, note, against, reason } = body;
  const profileId = body.profile === undefined ? undefined : await requireProfileId(ctx, body.profile, 'profile');
  const identifiers = body.identifier === undefined ? [] : [await readGiven(ctx, body.identifier)];
  return takeRequest(ctx, { kind, regulation, origin: 'api', profileId, identifiers, suppress, note, against, reason });
}

async function readGiven(ctx: TxCtx, given: { kind: string; value: string }): Promise<Identifier> {
  const reader = await identifierReaderOf(ctx, ctx.workspaceId);
  const isKnown = reader.rules.kinds.some(({ kind }) => kind === given.kind);
  const identifier = isKnown ? reader.read(given.kind, given.value) : undefined;
  if (identifier !== undefined) return identifier;
  const [field, message] = isKnown
    ? ['identifier.value', `identifies nobody as ${given.kind}; write it as the customer's events do`]
    : ['identifier.kind', `give one of ${reader.rules.kinds.map(({ kind }) => kind).join(', ')}`];
  throw new AppError('invalid', 'The request does not fit', { details: [{ field, message }] });
}

export interface TakenRequest {
  readonly kind: PrivacyRequest['kind'];
  readonly regulation: Regulation;
  readonly origin: PrivacyRequest['origin'];
  readonly profileId?: string | undefined;
  readonly identifiers: readonly Identifier[];
  readonly suppress: boolean;
  readonly note?: string | undefined;
  /** What is objected to; undefined: everything that can be. */
  readonly against?: readonly Objection[] | undefined;
  /** Why an objection ends. */
  readonly reason?: string | undefined;
  readonly accountId?: string | undefined;
  /** The source a whole shop is known by. */
  readonly source?: number | undefined;
}

/** Writes a request down, to be worked on soon. Answers its id. */
export async function takeRequest(ctx: TxCtx, taken: TakenRequest): Promise<string> {
  const nowMs = ctx.clock.now();
  const keys = await ctx.keysOf(ctx.workspaceId);
  const [first] = taken.identifiers;
  const id = newUuid(nowMs);
  const waits = taken.kind === 'erase_shop';
  const hash = first === undefined ? null : requestHash(keys, first);
  await insertRequest(ctx.sql, ctx.workspaceId, {
    id,
    kind: taken.kind,
    regulation: taken.regulation,
    state: waits ? 'waiting' : 'received',
    waiting_for: waits ? 'approval' : null,
    origin: taken.origin,
    profile_id: taken.profileId ?? null,
    identifier_hash: hash,
    sealed: sealRequest(keys, { identifiers: taken.identifiers, note: taken.note }),
    suppress: taken.suppress,
    account_id: taken.accountId ?? null,
    progress: {
      ...(taken.source !== undefined && { source: taken.source }),
      ...(taken.against !== undefined && { against: [...taken.against] }),
    },
    created_at: new Date(nowMs),
    due_at: new Date(deadlineMs(taken.regulation, nowMs)),
  });
  await recordAudit(ctx, {
    action: 'privacy_request.received',
    subject: publicId('prq', id),
    detail: {
      ...{ kind: taken.kind, regulation: taken.regulation, origin: taken.origin, identifier: hash },
      ...(taken.against !== undefined && { against: [...taken.against] }),
      ...(taken.reason !== undefined && { reason: taken.reason }),
    },
  });
  return id;
}

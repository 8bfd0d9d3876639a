import {
  type AnswerOf,
  api,
  type Consent,
  type ConsentTopic,
  type ConsentWording,
  type RecordConsentBody,
  type Suppression as PresentedSuppression,
} from '@segue/contract';
import type { Ctx } from '../../platform/context.ts';
import { AppError } from '../../platform/errors.ts';
import { readSubjects } from '../../platform/eventlog/index.ts';
import { decodeCursor, type Page, type Routes, toPage } from '../../platform/http/index.ts';
import { recordAudit } from '../accounts/index.ts';
import { findProfileId, isRestricted, profilingObjectedAt, requireProfileId } from '../profiles/index.ts';
import { addressHash, identifierKindOf, normaliseAddress } from './address.ts';
import { readBrand, updateBrand } from './brand.ts';
import { findStates, pageRecords } from './consent-store.ts';
import { requireTopics } from './known-topics.ts';
import { presentConsent } from './present-consent.ts';
import { readMatrix } from './read-matrix.ts';
import { readRhythms } from './record-wishes.ts';
import { recordProfileConsent } from './record-profile-consent.ts';
import { isPaused, USUAL_RHYTHM } from './rhythm.ts';
import { presentRhythm, setRhythm } from './set-rhythm.ts';
import { createTopic, updateTopic } from './save-topic.ts';
import { liftSuppression, suppressAddress } from './suppress-address.ts';
import { pageSuppressions, type SuppressionRow } from './suppression-store.ts';
import type { Topic } from './topic.ts';
import { pageTopics } from './topic-store.ts';
import { pageWordings, type WordingVersion, writeWording } from './wording-store.ts';

/** Management of topics, consents, suppressions, and of how the brand shows itself where it asks. */
export const consentRoutes: Routes = (serve) => {
  serve(api.listTopics, async ({ ctx, query }) => {
    const key = decodeCursor(query.cursor, ['instant', 'text']) as [string, string] | undefined;
    const rows = await pageTopics(ctx.sql, ctx.workspaceId, {
      after: key === undefined ? undefined : { createdAt: key[0], topic: key[1] },
      limit: query.limit + 1,
    });
    return toPage(rows, {
      limit: query.limit,
      keyOf: ({ topic, createdAt }) => [createdAt.toISOString(), topic.topic],
      present: ({ topic }) => presentTopic(topic),
    });
  });

  serve(api.createTopic, async ({ ctx, body }) => presentTopic(await createTopic(ctx, body)));

  serve(api.updateTopic, async ({ ctx, params, body }) => presentTopic(await updateTopic(ctx, params.topic, body)));

  serve(api.getBrand, ({ ctx }) => readBrand(ctx.sql, ctx.workspaceId));

  serve(api.updateBrand, ({ ctx, body }) => updateBrand(ctx, body));

  serve(api.listProfileConsents, async ({ ctx, params, query }) =>
    listConsents(ctx, await requireProfileId(ctx, params.id), query),
  );

  serve(api.recordConsent, async ({ ctx, params, body }) =>
    recordNamed(ctx, await requireProfileId(ctx, params.id), body),
  );

  serve(api.getPermissions, async ({ ctx, params }) => showPermissions(ctx, await requireProfileId(ctx, params.id)));

  serve(api.setRhythm, async ({ ctx, params, body }) => setRhythm(ctx, await requireProfileId(ctx, params.id), body));

  serve(api.listConsentWordings, async ({ ctx, query: { limit, cursor } }) => {
    const after = decodeCursor(cursor, ['text', 'number']);
    const rows = await pageWordings(ctx.sql, ctx.workspaceId, { limit, after });
    return toPage(rows, { limit, keyOf: (row) => [row.id, row.version], present: presentWording });
  });

  serve(api.writeConsentWording, async ({ ctx, body }) => {
    refuseOwnWording(body.id);
    const written = await writeWording(ctx.sql, ctx.workspaceId, { wording: body, now: ctx.clock.now() });
    const { version, language } = written;
    await recordAudit(ctx, { action: 'consent_wording.written', subject: body.id, detail: { version, language } });
    return presentWording(written);
  });

  serve(api.listSuppressions, async ({ ctx, query: { limit, cursor, channel } }) => {
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

  serve(api.suppressAddress, async ({ ctx, body: { reason, ...named } }) => {
    const nowMs = ctx.clock.now();
    const { hash, holders } = await whoseAddress(ctx, named);
    const detail = { channel: named.channel, reason };
    const suppression = { ...detail, addressHash: hash, occurredAt: nowMs, source: 'api' };
    await suppressAddress(ctx.sql, ctx.workspaceId, { suppression, nowMs, holders });
    await recordAudit(ctx, { action: 'suppression.added', subject: hash, detail });
  });

  serve(api.liftSuppression, async ({ ctx, body: { reason, ...named } }) => {
    const { hash, holders } = await whoseAddress(ctx, named);
    const lifted = { channel: named.channel, addressHash: hash, reason, nowMs: ctx.clock.now(), holders };
    await liftSuppression(ctx.sql, ctx.workspaceId, lifted);
    const detail = { channel: named.channel, reason: reason ?? null };
    await recordAudit(ctx, { action: 'suppression.lifted', subject: hash, detail });
  });
};

async function recordNamed(ctx: Ctx, profileId: string, body: RecordConsentBody): Promise<void> {
  await requireTopics(ctx, [{ field: 'topic', topic: body.topic }]);
  await recordProfileConsent(ctx, profileId, body);
}

/** The pages of Segue name their texts so; nobody else's records may claim them. */
function refuseOwnWording(id: string): void {
  if (!id.startsWith('segue_')) return;
  const message = 'must not begin with segue_; choose another name';
  throw new AppError('invalid', 'The request does not fit', { details: [{ field: 'id', message }] });
}

function presentWording({ createdMs, ...wording }: WordingVersion): ConsentWording {
  return { ...wording, createdAt: new Date(createdMs).toISOString() };
}

function presentTopic(topic: Topic): ConsentTopic {
  const { isMarketing, silence, ...rest } = topic;
  const kind = isMarketing ? 'marketing' : 'transactional';
  return { ...rest, kind, default: silence, requiresOptIn: isMarketing && silence === 'opt_in' };
}

/** An address's hash, and the profile it leads to. */
async function whoseAddress(
  ctx: Ctx,
  named: { channel: string; address: string },
): Promise<{ hash: string; holders: readonly string[] }> {
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
  const kind = identifierKindOf(named.channel);
  const holder = kind === undefined ? undefined : await findProfileId(ctx, { kind, value: normalised });
  return {
    hash: addressHash(await ctx.keysOf(ctx.workspaceId), named.channel, normalised),
    holders: holder === undefined ? [] : [holder],
  };
}

async function showPermissions(ctx: Ctx, profileId: string): Promise<AnswerOf<typeof api.getPermissions>> {
  const rhythm = (await readRhythms(ctx.sql, ctx.workspaceId, [profileId])).get(profileId) ?? USUAL_RHYTHM;
  const subject = (await readSubjects(ctx.sql, ctx.workspaceId, [profileId])).get(profileId);
  const held = { isRestricted: isRestricted(subject), isPaused: isPaused(rhythm, ctx.clock.now()) };
  const permissions = await readMatrix(ctx, profileId, held);
  const objectedMs = profilingObjectedAt(subject);
  return {
    permissions,
    rhythm: presentRhythm(rhythm, ctx.clock.now()),
    profilingObjectedAt: objectedMs === undefined ? null : new Date(objectedMs).toISOString(),
  };
}

async function listConsents(
  ctx: Ctx,
  profileId: string,
  query: { limit: number; cursor?: string | undefined },
): Promise<Page<Consent>> {
  const keys = await ctx.keysOf(ctx.workspaceId);
  const lastWords = new Set(
    (await findStates(ctx.sql, ctx.workspaceId, [profileId])).flatMap((state) =>
      // What is pending is no word yet.
      state.status === 'pending' ? [] : [state.record_id],
    ),
  );
  const rows = await pageRecords(ctx.sql, ctx.workspaceId, {
    profileId,
    limit: query.limit,
    after: decodeCursor(query.cursor, ['number', 'uuid']),
  });
  return toPage(rows, {
    limit: query.limit,
    keyOf: (row) => [row.occurred_ms, row.id],
    present: (row) => presentConsent(keys, row, { isCurrent: lastWords.has(row.id) }),
  });
}

/** The address itself is not kept; whoever knows it can look it up by naming it. */
function presentSuppression(row: SuppressionRow): PresentedSuppression {
  return {
    addressHash: row.address_hash,
    channel: row.channel,
    reason: row.reason,
    source: row.source,
    occurredAt: new Date(row.occurred_ms).toISOString(),
  };
}

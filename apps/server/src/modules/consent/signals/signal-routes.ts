import { api, type ConsentSignal } from '@segue/contract';
import type { FastifyInstance } from 'fastify';
import type { Ctx, Services } from '../../../platform/context.ts';
import type { WorkspaceKeys } from '../../../platform/crypto/index.ts';
import { AppError } from '../../../platform/errors.ts';
import { readSubjects } from '../../../platform/eventlog/index.ts';
import { decodeCursor, type Page, type Routes, toPage } from '../../../platform/http/index.ts';
import { publicId } from '../../../platform/ids/index.ts';
import { listNumberedSources, recordAudit } from '../../accounts/index.ts';
import type { Committer } from '../../events/index.ts';
import { requireProfileId } from '../../profiles/index.ts';
import { requireTopics } from '../known-topics.ts';
import { openProof } from '../proof.ts';
import { importConsents } from './import-consents.ts';
import { isLast, signalsSection, type SignalsState } from './profile-signals.ts';
import { readCsv } from './read-csv.ts';
import type { SignalKind } from './read-signals.ts';
import { readSignalSettings, writeSignalSettings } from './settings-store.ts';
import { pageSignals, type SignalRow } from './signal-store.ts';
import type { SignalProof } from './signals-stage.ts';

/** Five thousand rows with the wording in each. */
const IMPORT_BYTES_MAX = 8 * 1024 * 1024;

/** What was said about consent by others than the customer's own words to us: signals, their meaning, imports. */
export function createSignalRoutes(deps: { services: Services; committer: Committer }): Routes {
  return (serve, app) => {
    takeLargeBodies(app);

    serve(api.listProfileConsentSignals, async ({ ctx, params, query }) =>
      listSignals(ctx, await requireProfileId(ctx, params.id), query),
    );

    serve(api.getProfileConsentCategories, async ({ ctx, params }) => {
      const [categories, saidMs] = (await readState(ctx, await requireProfileId(ctx, params.id)))?.categories ?? [];
      return { categories: { ...categories }, saidAt: saidMs === undefined ? null : new Date(saidMs).toISOString() };
    });

    serve(api.getConsentSettings, ({ ctx }) => readSignalSettings(ctx.sql, ctx.workspaceId));

    serve(api.updateConsentSettings, async ({ ctx, body }) => {
      await requireTopics(
        ctx,
        body.categoryTopics.map(({ topic }, index) => ({ field: `categoryTopics.${index}.topic`, topic })),
      );
      await writeSignalSettings(ctx.sql, ctx.workspaceId, { settings: body, nowMs: ctx.clock.now() });
      const detail = { categoryTopics: body.categoryTopics.length, optWords: body.optWords.length };
      await recordAudit(ctx, { action: 'consent_settings.updated', subject: 'consent_settings', detail });
      return body;
    });

    serve(api.importConsents, ({ ctx, body }) => importConsents(ctx, deps, body.rows));
  };
}

/** JSON and CSV of a list; the routes beside it take as much, which harms nobody. */
function takeLargeBodies(app: FastifyInstance): void {
  app.removeContentTypeParser('application/json');
  const options = { parseAs: 'string', bodyLimit: IMPORT_BYTES_MAX } as const;
  app.addContentTypeParser('application/json', options, app.getDefaultJsonParser('error', 'error'));
  app.addContentTypeParser('text/csv', options, async (_request: unknown, body: string) => {
    const read = readCsv(body);
    if (read.kind === 'rows') return { rows: read.rows.map(withBooleans) };
    throw new AppError('invalid', 'The request cannot be read', {
      details: [{ field: '', message: `the CSV ${read.message}` }],
    });
  });
}

/** A cell is text; what stands for yes or no in one becomes it. */
function withBooleans(row: Record<string, string>): Record<string, string | boolean> {
  const { isConfirmed } = row;
  if (isConfirmed === undefined) return row;
  if (/^(true|1|yes)$/i.test(isConfirmed)) return { ...row, isConfirmed: true };
  return /^(false|0|no)$/i.test(isConfirmed) ? { ...row, isConfirmed: false } : row;
}

async function readState(ctx: Ctx, profileId: string): Promise<SignalsState | undefined> {
  return (await readSubjects(ctx.sql, ctx.workspaceId, [profileId])).get(profileId)?.get(signalsSection);
}

async function listSignals(
  ctx: Ctx,
  profileId: string,
  query: { limit: number; cursor?: string | undefined; kind?: SignalKind | undefined },
): Promise<Page<ConsentSignal>> {
  const keys = await ctx.keysOf(ctx.workspaceId);
  const rows = await pageSignals(ctx.sql, ctx.workspaceId, {
    profileId,
    kind: query.kind,
    limit: query.limit,
    after: decodeCursor(query.cursor, ['number', 'uuid']),
  });
  const state = await readState(ctx, profileId);
  const numbered = await listNumberedSources(ctx.sql, ctx.workspaceId);
  const sources = new Map(numbered.map(({ number, id }) => [number, publicId('src', id)]));
  return toPage(rows, {
    limit: query.limit,
    keyOf: (row) => [row.occurred_ms, row.id],
    present: (row) => presentSignal(row, { keys, state, sources }),
  });
}

function presentSignal(
  row: SignalRow,
  of: {
    keys: Pick<WorkspaceKeys, 'wrapping'>;
    state: SignalsState | undefined;
    sources: ReadonlyMap<number, string>;
  },
): ConsentSignal {
  const { raw, url, ip, language }: SignalProof = openProof(of.keys, row.proof);
  const last = of.state?.last[row.kind];
  return {
    id: row.id,
    kind: row.kind,
    occurredAt: new Date(row.occurred_ms).toISOString(),
    recordedAt: new Date(row.recorded_ms).toISOString(),
    sourceId: (row.source === null ? undefined : of.sources.get(row.source)) ?? null,
    isCurrent: last !== undefined && isLast(last, { fingerprint: row.fingerprint, atMs: row.occurred_ms }),
    raw: raw ?? null,
    decoded: row.decoded,
    error: row.error,
    ...(url !== undefined && { url }),
    ...(ip !== undefined && { ip }),
    ...(language !== undefined && { language }),
  };
}

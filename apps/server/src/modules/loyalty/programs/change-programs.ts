import type { api, BodyOf } from '@segue/contract';
import type { Ctx } from '../../../platform/context.ts';
import { AppError } from '../../../platform/errors.ts';
import { inTransaction } from '../../../platform/eventlog/index.ts';
import { newUuid } from '../../../platform/ids/index.ts';
import { recordAudit } from '../../accounts/index.ts';
import {
  findProgramByKey,
  insertProgram,
  insertTerms,
  listPrograms,
  lockProgram,
  type PresentableRow,
  updateProgramRow,
} from './program-store.ts';
import type { PointsTerms, Program } from './program.ts';

type Api = typeof api;

const PROGRAMS_MAX = 20;

/** The program of a key. */
export async function getProgram(ctx: Pick<Ctx, 'sql' | 'workspaceId'>, key: string): Promise<PresentableRow> {
  const program = await findProgramByKey(ctx.sql, ctx.workspaceId, key);
  if (program === undefined) throw new AppError('not_found', 'There is no such points program');
  return program;
}

export async function createProgram(ctx: Ctx, body: BodyOf<Api['createPointsProgram']>): Promise<void> {
  await inTransaction(ctx, async (ctx) => {
    const { sql, workspaceId } = ctx;
    const nowMs = ctx.clock.now();
    const startsAt = new Date(body.startsAt ?? nowMs);
    const { key, name, unit, terms } = body;
    if ((await listPrograms(sql, workspaceId)).length >= PROGRAMS_MAX) {
      throw new AppError('conflict', `A workspace has at most ${PROGRAMS_MAX} points programs`);
    }
    const id = newUuid(nowMs);
    if (!(await insertProgram(sql, workspaceId, { id, key, name, unit, startsAt, at: new Date(nowMs) }))) {
      throw new AppError('conflict', 'There is a points program of this key', {
        details: [{ field: 'key', message: 'is taken; choose another, or change that program' }],
      });
    }
    await insertTerms(sql, workspaceId, { programId: id, version: 1, terms, holdsFrom: startsAt });
    await recordAudit(ctx, { action: 'points_program.created', subject: key, detail: { name } });
  });
}

export async function updateProgram(
  ctx: Ctx,
  { key, change }: { key: string; change: BodyOf<Api['updatePointsProgram']> },
): Promise<void> {
  await inTransaction(ctx, async (ctx) => {
    const { sql, workspaceId } = ctx;
    const nowMs = ctx.clock.now();
    await lockProgram(sql, workspaceId, key);
    const before = await getProgram(ctx, key);
    const terms = change.terms !== undefined && !isSame(change.terms, before.terms) ? change.terms : undefined;
    const version = before.version + (terms === undefined ? 0 : 1);
    const { id } = before;
    if (terms !== undefined) {
      const holdsFrom = new Date(Math.max(nowMs, before.starts_at.getTime()));
      await insertTerms(sql, workspaceId, { programId: id, version, terms, holdsFrom });
    }
    const { name = before.name, unit = before.unit, state = before.state } = change;
    await updateProgramRow(sql, workspaceId, { id, name, unit, state, version, at: new Date(nowMs) });
    await recordAudit(ctx, { action: 'points_program.updated', subject: key, detail: { version, state } });
  });
}

function isSame(a: PointsTerms, b: PointsTerms): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}

/** The engine keeps objects in an order of its own. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, inner]) => [name, sorted(inner)]));
}

/** The program a call means: the one of the key, or the oldest active one. */
export async function requireProgram(ctx: Pick<Ctx, 'sql' | 'workspaceId'>, key: string | undefined): Promise<Program> {
  const programs = await listPrograms(ctx.sql, ctx.workspaceId);
  const found = programs.find((one) => (key === undefined ? one.state === 'active' : one.key === key));
  if (found !== undefined) return found;
  const message = key === undefined ? 'there is no active one; create one first' : 'names no points program';
  throw new AppError(key === undefined ? 'conflict' : 'not_found', 'There is no such points program', {
    details: [{ field: 'program', message }],
  });
}

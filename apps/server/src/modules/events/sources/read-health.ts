import type { SourceHealth, Touchpoint } from '@segue/contract';
import type { Ctx } from '../../../platform/context.ts';
import { countDeadLetterRows } from '../../../platform/eventlog/index.ts';
import { GenerationCache } from '../../../platform/generation-cache.ts';
import { decideHealth } from './decide-health.ts';
import { decideTouchpoint, type TouchpointInput } from './decide-touchpoint.ts';
import { countOpenDrifts } from './drift-store.ts';
import { countByHour, readSightings } from './history-sql.ts';
import { findActivity, readStatesOfNames } from './observed-store.ts';
import { countRejections, sumRejections, sumRejectionsByName } from './rejection-store.ts';
import { rhythmOf } from './rhythm.ts';
import { readSourceDirectory } from './source-directory.ts';
import { TOUCHPOINTS } from './touchpoint.data.ts';

const HOUR_MS = 3_600_000;
const RHYTHM_MS = 28 * 24 * HOUR_MS;
/** A page that waits for the first event asks every second; the history is asked once a minute for all of them. */
const HOURS_CACHE_MS = 60_000;
const NAMELESS_TYPES = ['page', 'screen', 'identify', 'group'];

interface CachedHours {
  readonly until: number;
  readonly hours: Promise<{ hour: number; count: number }[]>;
}

/** Reads how sources are; remembers their hours for a minute. */
export class HealthReader {
  readonly #hours = new GenerationCache<string, CachedHours>(2_000);

  async read(ctx: Ctx, sourceId: string): Promise<SourceHealth> {
    const source = (await readSourceDirectory(ctx)).require(sourceId);
    const nowMs = ctx.clock.now();
    const hour = Math.floor(nowMs / HOUR_MS);
    const { sql, workspaceId } = ctx;
    const { number } = source;
    const [activity, lastHour, lastDay, deadLetters, drifts, hours, [common]] = await Promise.all([
      findActivity(sql, workspaceId, number),
      countRejections(sql, workspaceId, { source: number, sinceHour: hour - 1 }),
      countRejections(sql, workspaceId, { source: number, sinceHour: hour - 24 }),
      countDeadLetterRows(sql, workspaceId, { source: number }),
      countOpenDrifts(sql, workspaceId, number),
      this.#hoursOf(ctx, number),
      sumRejections(sql, workspaceId, { source: number, sinceHour: hour - 1, limit: 1 }),
    ]);
    const rhythm = rhythmOf(hours.map((one) => one.hour));
    // What was refused is weighed against what came in the same hours, as it is now.
    const taken =
      lastHour === 0
        ? []
        : await countByHour(ctx.history, { workspaceId, source: number, fromMs: (hour - 1) * HOUR_MS });
    const decided = decideHealth(
      {
        isEnabled: source.isEnabled,
        firstAt: activity?.first_at.getTime(),
        lastAt: activity?.last_at.getTime(),
        rejectedLastHour: lastHour,
        takenLastHour: taken.reduce((sum, one) => sum + one.count, 0),
        deadLetters,
        rhythm,
        commonReason: common === undefined ? undefined : `${common.field} ${common.reason}`.trim(),
      },
      nowMs,
    );
    return {
      sourceId,
      ...decided,
      firstEventAt: activity?.first_at.toISOString() ?? null,
      lastEventAt: activity?.last_at.toISOString() ?? null,
      events: activity?.count ?? 0,
      rejectedLastHour: lastHour,
      rejectedLastDay: lastDay,
      deadLetters,
      drifts,
      rhythm,
    };
  }

  #hoursOf(ctx: Ctx, source: number): CachedHours['hours'] {
    const nowMs = ctx.clock.now();
    const key = `${ctx.workspaceId} ${source}`;
    const cached = this.#hours.get(key);
    if (cached !== undefined && cached.until > nowMs) return cached.hours;
    const hours = countByHour(ctx.history, { workspaceId: ctx.workspaceId, source, fromMs: nowMs - RHYTHM_MS });
    hours.catch(() => this.#hours.delete(key));
    this.#hours.set(key, { until: nowMs + HOURS_CACHE_MS, hours });
    return hours;
  }
}

/** Every touchpoint of a shop, and how it is. */
export async function listTouchpoints(ctx: Ctx): Promise<Touchpoint[]> {
  const nowMs = ctx.clock.now();
  const directory = await readSourceDirectory(ctx);
  const input = await readTouchpointInput(ctx, nowMs);
  return TOUCHPOINTS.map((touchpoint) => {
    const { state, reason, evidence, faults } = decideTouchpoint(touchpoint, input, nowMs);
    return {
      key: touchpoint.key,
      label: touchpoint.label,
      area: touchpoint.area,
      state,
      reason,
      events: touchpoint.events.map(({ type, name }) => ({ type, name })),
      evidence: evidence.map(({ source, type, name, lastAt, count, rhythm }) => ({
        sourceId: directory.publicIdOf(source),
        type,
        name,
        lastSeenAt: new Date(lastAt).toISOString(),
        count,
        rhythm,
      })),
      faults: faults.map(({ source, ...fault }) => ({ sourceId: directory.publicIdOf(source), ...fault })),
    };
  });
}

async function readTouchpointInput(ctx: Ctx, nowMs: number): Promise<TouchpointInput> {
  const names = [...new Set(TOUCHPOINTS.flatMap(({ events }) => events.map(({ name }) => name.split(':')[0]!)))].filter(
    (name) => name !== '',
  );
  const sinceHour = Math.floor(nowMs / HOUR_MS) - 24;
  const [sightings, refused, known] = await Promise.all([
    readSightings(ctx.history, {
      workspaceId: ctx.workspaceId,
      fromMs: nowMs - RHYTHM_MS,
      names,
      namelessTypes: NAMELESS_TYPES,
    }),
    sumRejectionsByName(ctx.sql, ctx.workspaceId, { names, types: NAMELESS_TYPES, sinceHour }),
    readStatesOfNames(ctx.sql, ctx.workspaceId, names),
  ]);
  return {
    sightings: sightings.map(({ last_ms, ...sighting }) => ({ ...sighting, lastAt: last_ms })),
    refused,
    known: known.map(({ last_at, ...kind }) => ({ ...kind, lastAt: last_at.getTime() })),
  };
}

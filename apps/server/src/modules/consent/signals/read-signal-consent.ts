import type { LoggedEvent } from '../../../platform/eventlog/index.ts';
import type { Sql } from '../../../platform/postgres/index.ts';
import { findMarks } from '../follow-store.ts';
import type { MergeMark } from '../fold-merges.ts';
import { decodeSignal, readRawSignals } from './read-signals.ts';
import { findSaidSignals, type SaidRow } from './signal-store.ts';
import { type SaidSignal, type SignalConsent, strictest, weighSignals } from './weigh-signals.ts';

/** An event that is to leave the house, and who it is about, if anybody. */
export interface LeavingEvent {
  readonly event: LoggedEvent;
  readonly profileId: string | undefined;
}

/** Whoever changed her mind more often is taken at her most restrictive. */
const SIGNALS_MAX = 500;
const NOTHING_ALLOWED: SignalConsent = { isOptedOut: true, purposes: new Set() };

/**
 * What TCF and GPP strings and Global Privacy Control say about events that are to leave the house: those on the event
 * itself, what stood when it happened, and what stands now; only what all of them allow. One query a table.
 */
export async function readSignalConsent(
  sql: Sql,
  workspaceId: number,
  leaving: readonly LeavingEvent[],
): Promise<ReadonlyMap<LoggedEvent, SignalConsent>> {
  const profileIds = [...new Set(leaving.flatMap(({ profileId }) => profileId ?? []))];
  const said = rowsByProfile(await findSaidSignals(sql, workspaceId, { profileIds, limit: SIGNALS_MAX }));
  const marks = await findMarks(sql, workspaceId, [...said.keys()]);
  return new Map(
    leaving.map(({ event, profileId }) => {
      const own = ownSignals(event);
      const rows = profileId === undefined ? undefined : said.get(profileId);
      const consents = [weighSignals(profileId ?? '', { signals: own, merges: [] })];
      if (profileId !== undefined && rows !== undefined)
        consents.push(...known(profileId, { rows, merges: marks.get(profileId) ?? [], atMs: instantOf(event) }));
      return [event, strictest(consents)];
    }),
  );
}

function known(
  profileId: string,
  { rows, merges, atMs }: { rows: readonly SaidRow[]; merges: readonly MergeMark[]; atMs: number },
): SignalConsent[] {
  if (rows.length >= SIGNALS_MAX) return [NOTHING_ALLOWED];
  const signals = rows.map((row): SaidSignal => ({
    seq: row.seq,
    occurredAt: row.occurred_ms,
    nodeId: row.node_id,
    saidBy: row.said_by,
    kind: row.kind,
    decoded: row.decoded ?? undefined,
  }));
  const then = signals.filter((signal) => signal.occurredAt <= atMs);
  return [weighSignals(profileId, { signals, merges }), weighSignals(profileId, { signals: then, merges })];
}

function ownSignals(event: LoggedEvent): SaidSignal[] {
  return readRawSignals(event).map((signal) => ({
    kind: signal.kind,
    decoded: decodeSignal(signal).decoded,
    ...{ seq: 0, nodeId: 0, saidBy: '', occurredAt: instantOf(event) },
  }));
}

/** As signals are filed: nothing was said in the future. */
function instantOf({ occurredAt, receivedAt }: LoggedEvent): number {
  return Math.min(occurredAt, receivedAt);
}

function rowsByProfile(rows: readonly SaidRow[]): Map<string, SaidRow[]> {
  const byProfile = new Map<string, SaidRow[]>();
  for (const row of rows) {
    const known = byProfile.get(row.profile_id);
    if (known === undefined) byProfile.set(row.profile_id, [row]);
    else known.push(row);
  }
  return byProfile;
}

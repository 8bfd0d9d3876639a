import type { IdentitySettings } from '@segue/contract';
import type { Services } from '../../platform/context.ts';
import { createConfigCache, isInTransaction, type TxCtx } from '../../platform/eventlog/index.ts';
import type { Postgres, Sql } from '../../platform/postgres/index.ts';
import { type IdentifierKind, isIdentifierKind, KIND_CODES } from './identifier.ts';
import { IdentifierReader } from './identifier-reader.ts';
import { DEFAULT_IDENTITY_RULES, type IdentityRules, type KindRule } from './identity-rules.ts';
import { readIdentitySettings } from './identity-settings-store.ts';

/** The rules a batch is decided by: those in force at its place in the log. */
export const loadIdentityRules = createConfigCache(async (batch): Promise<IdentityRules> => {
  return (await loadIdentifierReader(batch.sql, batch.workspaceId)).rules;
});

/** Reads by the rules as they stand in the database. One query. */
export async function loadIdentifierReader(sql: Sql, workspaceId: number): Promise<IdentifierReader> {
  const { settings, names } = await readIdentitySettings(sql, workspaceId);
  const byCode = new Map(Object.entries(names).map(([code, name]) => [Number(code), name]));
  if (settings === null) return byCode.size === 0 ? DEFAULT_READER : new IdentifierReader(undefined, byCode);
  return new IdentifierReader(rulesOf(settings, new Map([...byCode].map(([code, name]) => [name, code]))), byCode);
}

const DEFAULT_READER = new IdentifierReader();

/** `codes`: of the workspace's own kinds, by name. */
export function rulesOf(settings: IdentitySettings, codes: ReadonlyMap<string, number>): IdentityRules {
  const kinds = settings.kinds.flatMap(({ kind, limit, perDays }): KindRule[] => {
    const code = isIdentifierKind(kind) ? KIND_CODES[kind] : codes.get(kind);
    return code === undefined ? [] : [{ kind, code, limit, perDays: perDays ?? undefined }];
  });
  return {
    // A kind that Segue learned after the workspace decided.
    kinds: [...kinds, ...DEFAULT_IDENTITY_RULES.kinds.filter(({ kind }) => !kinds.some((own) => own.kind === kind))],
    blockedValues: settings.blockedValues,
    country: settings.country ?? undefined,
    userIdsPerHourMax: settings.userIdsPerHourMax,
  };
}

/** The settings as the API shows them; a workspace that decided nothing has the defaults. */
export function settingsOf(rules: IdentityRules): IdentitySettings {
  return {
    kinds: rules.kinds.map(({ kind, limit, perDays }) => ({ kind, limit, perDays: perDays ?? null })),
    blockedValues: [...rules.blockedValues],
    country: rules.country ?? null,
    userIdsPerHourMax: rules.userIdsPerHourMax,
  };
}

export const SEGUE_KINDS = Object.keys(KIND_CODES) as readonly IdentifierKind[];

/** Changed rules are known within 5 seconds in every process; this leaves one for the asking. */
const REMEMBERED_MS = 4_000;

interface Remembered {
  readonly reader: Promise<IdentifierReader>;
  /** Once it is there. */
  value: IdentifierReader | undefined;
  readonly until: number;
}

/** By database: a test may hold several. */
const readers = new WeakMap<Postgres, Map<number, Remembered>>();

/** What intake reads identifiers with; remembered for 4 seconds. Ask once per request. */
export function identifierReaderOf(
  services: Pick<Services, 'postgres'> | TxCtx,
  workspaceId: number,
): Promise<IdentifierReader> {
  let ofDatabase = readers.get(services.postgres);
  if (ofDatabase === undefined) readers.set(services.postgres, (ofDatabase = new Map()));
  const nowMs = performance.now();
  const known = ofDatabase.get(workspaceId);
  const isFresh = known !== undefined && known.until > nowMs;
  // Every connection may be held by one who waits for this transaction: it never waits for what somebody else asks.
  if (isInTransaction(services)) {
    return isFresh && known.value !== undefined ? known.reader : loadIdentifierReader(services.sql, workspaceId);
  }
  if (isFresh) return known.reader;
  const reader = loadIdentifierReader(services.postgres, workspaceId);
  const remembered: Remembered = { reader, value: undefined, until: nowMs + REMEMBERED_MS };
  reader.then((value) => (remembered.value = value)).catch(() => undefined);
  ofDatabase.set(workspaceId, remembered);
  reader.catch(() => {
    if (ofDatabase.get(workspaceId) === remembered) ofDatabase.delete(workspaceId);
  });
  return reader;
}

/** After a change: this process asks anew at once. */
export function forgetIdentifierReader(services: Pick<Services, 'postgres'>, workspaceId: number): void {
  readers.get(services.postgres)?.delete(workspaceId);
}

import { causedId } from '../../../platform/eventlog/index.ts';
import type { JsonObject } from '../../../platform/json.ts';
import type { Account } from './account.ts';
import type { Entry, EntryKind } from './entry.ts';
import type { Lot } from './lot.ts';
import type { News } from './news-store.ts';

/** What each kind of entry is called in the log; a settled debt is told by what paid it. */
const NAMES: Readonly<Record<EntryKind, string | undefined>> = {
  earn_pending: 'Points Earned',
  earn: 'Points Earned',
  activate: 'Points Activated',
  burn: 'Points Redeemed',
  expire: 'Points Expired',
  reverse: 'Points Taken Back',
  refund_burn: 'Points Restored',
  adjust: 'Points Adjusted',
  transfer: 'Points Transferred',
  settle: undefined,
};

const EXPIRING = 'Points Expiring';

/** Everything that is told of points. */
export const TOLD_EVENTS: ReadonlySet<string> = new Set([
  ...Object.values(NAMES).flatMap((name) => name ?? []),
  EXPIRING,
]);

interface Told {
  readonly workspaceId: number;
  account(id: string): Account;
  lot(id: string): Lot;
  program(id: string): { readonly key: string; readonly unit: string };
}

/** What a customer is told of some changes: of one happening each kind once, whatever the number of her accounts and lots. Pure. */
export function newsOf(entries: readonly Entry[], told: Told): News[] {
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    const { programId, profileId, id } = told.account(entry.accountId);
    const key = JSON.stringify([NAMES[entry.kind], entry.happening, programId, profileId ?? id]);
    groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  return [...groups.values()].flatMap((group): News[] => {
    const [first] = group;
    const name = first === undefined ? undefined : NAMES[first.kind];
    if (first === undefined || name === undefined) return [];
    const points = group.reduce((sum, one) => sum + changeOf(one), 0);
    if (points === 0) return [];
    const eventId = causedId('points', told.workspaceId, name, first.idempotencyKey);
    return [{ eventId, accountId: first.accountId, name, properties: propertiesOf(group, { ...told, points }) }];
  });
}

function changeOf({ kind, deltaBalance, deltaPending, deltaDebt }: Entry): number {
  return kind === 'activate' ? deltaBalance : deltaBalance + deltaPending - deltaDebt;
}

function propertiesOf(group: readonly Entry[], { points, ...told }: Told & { points: number }): JsonObject {
  const last = group.at(-1)!;
  const { key, unit } = told.program(told.account(last.accountId).programId);
  const lot = group.length === 1 && last.lotId !== null ? told.lot(last.lotId) : undefined;
  return {
    ...{ program: key, unit, balance: last.balanceAfter, reference: last.ref },
    // A correction or a gift goes either way; of all else the name says which.
    points: last.kind === 'adjust' || last.kind === 'transfer' ? points : Math.abs(points),
    ...(last.kind === 'earn_pending' && { pending: true }),
    ...(lot?.state === 'pending' && { available_at: new Date(lot.availableAtMs).toISOString() }),
    ...(lot !== undefined && lot.expiresAtMs !== null && { expires_at: new Date(lot.expiresAtMs).toISOString() }),
  };
}

/** What is told before points expire: of one customer, program and end once, with all of them together. Pure. */
export function expiringNews(lots: readonly Lot[], told: Told): News[] {
  const groups = new Map<string, Lot[]>();
  for (const lot of lots) {
    const { profileId, id } = told.account(lot.accountId);
    const key = JSON.stringify([lot.programId, profileId ?? id, lot.expiresAtMs]);
    groups.set(key, [...(groups.get(key) ?? []), lot]);
  }
  return [...groups.values()].flatMap((group): News[] => {
    const [first] = group;
    if (first?.expiresAtMs === undefined || first.expiresAtMs === null) return [];
    const { key: program, unit } = told.program(first.programId);
    const points = group.reduce((sum, { remaining }) => sum + remaining, 0);
    const eventId = causedId('points', told.workspaceId, EXPIRING, first.id, first.version);
    const properties = { program, unit, points, expires_at: new Date(first.expiresAtMs).toISOString() };
    return [{ eventId, accountId: first.accountId, name: EXPIRING, properties }];
  });
}

import type { AddListMembersBody } from '@segue/contract';
import { AppError } from '../../../platform/errors.ts';
import type { TxCtx } from '../../../platform/eventlog/index.ts';
import { parsePublicId, publicId } from '../../../platform/ids/index.ts';
import { recordAudit } from '../../accounts/index.ts';
import {
  type HeldProfile,
  holdOwners,
  holdProfiles,
  type IdentifierReader,
  identifierReaderOf,
  noteFacts,
} from '../../profiles/index.ts';
import { noList } from './change-lists.ts';
import { deleteListMember, findOnList, insertListMembers } from './list-member-store.ts';
import { holdLists } from './list-store.ts';
import { readListRow, type RowFault } from './read-list-row.ts';

const ERRORS_SHOWN_MAX = 1_000;

export interface Added {
  /** Profiles new on the list, and those on it before. */
  readonly added: number;
  readonly present: number;
}

/** Puts profiles on a list; whom nobody knows is named in the answer. Rules that ask for lists are asked again at once. */
export async function addListMembers(
  ctx: TxCtx,
  { listId, body }: { listId: string; body: AddListMembersBody },
): Promise<Added & { unknown: string[] }> {
  const reader = await identifierReaderOf(ctx, ctx.workspaceId);
  const ids = body.profileIds.map((text) => parsePublicId('prf', text));
  const known = ids.filter((id) => id !== undefined);
  const identifiers = body.identifiers.map((text) => {
    const read = readListRow({ identifier: text }, reader);
    return read.kind === 'row' ? read.identifier : undefined;
  });
  const { ofIds, ofIdentifiers } = await holdProfiles(ctx, { profileIds: known, identifiers });
  const heldOf = new Map(known.map((id, at) => [id, ofIds[at]]));
  const lost = [
    ...body.profileIds.filter((_text, at) => heldOf.get(ids[at] ?? '') === undefined),
    ...body.identifiers.filter((_text, at) => ofIdentifiers[at] === undefined),
  ];
  const added = await addIn(ctx, listId, [...ofIds, ...ofIdentifiers]);
  await recordAudit(ctx, { action: 'list.members_added', subject: publicId('lst', listId), detail: { ...added } });
  return { ...added, unknown: lost };
}

/** Puts the profiles of good rows on a list; the others are told with row and field. Nobody is made a profile by it. */
export async function importListMembers(
  ctx: TxCtx,
  { listId, rows }: { listId: string; rows: readonly unknown[] },
): Promise<Added & { rows: number; failed: number; errors: RowFault[] }> {
  const read = await readRows(await identifierReaderOf(ctx, ctx.workspaceId), rows);
  const { ofIdentifiers } = await holdProfiles(ctx, { profileIds: [], identifiers: read.map((one) => one.identifier) });
  const errors = read.flatMap(({ faults }, at): RowFault[] => {
    if (faults.length > 0) return faults.map((fault) => ({ row: at + 1, ...fault }));
    if (ofIdentifiers[at] !== undefined) return [];
    return [
      { row: at + 1, field: 'identifier', message: 'leads to nobody; send events of her first, or import her profile' },
    ];
  });
  const added = await addIn(ctx, listId, ofIdentifiers);
  const failed = new Set(errors.map(({ row }) => row)).size;
  const counted = { rows: rows.length, ...added, failed };
  await recordAudit(ctx, { action: 'list.imported', subject: publicId('lst', listId), detail: counted });
  return { ...counted, errors: errors.slice(0, ERRORS_SHOWN_MAX) };
}

/**
 * Puts the owners of nodes on a list; who is on it stays. Answers which of the nodes are nobody's, now or for good, and whether
 * the list is still there.
 */
export async function putNodesOnList(
  ctx: TxCtx,
  { listId, nodes }: { listId: string; nodes: readonly number[] },
): Promise<{ kind: 'put'; ownerless: number[] } | { kind: 'noList' }> {
  if ((await holdLists(ctx.sql, ctx.workspaceId, [listId])).length === 0) return { kind: 'noList' };
  const owners = await holdOwners(ctx.sql, ctx.workspaceId, nodes);
  await addIn(
    ctx,
    listId,
    [...owners].map(([node, profileId]) => ({ node, profileId })),
  );
  return { kind: 'put', ownerless: nodes.filter((node) => !owners.has(node)) };
}

async function readRows(reader: IdentifierReader, rows: readonly unknown[]) {
  return rows.map((raw) => {
    const read = readListRow(raw, reader);
    return read.kind === 'row'
      ? { identifier: read.identifier, faults: [] }
      : { identifier: undefined, faults: read.faults };
  });
}

/** Takes a profile off a list; `not_found` when it is not on it. */
export async function removeListMember(ctx: TxCtx, member: { listId: string; profileId: string }): Promise<void> {
  await requireHeld(ctx, member.listId);
  if (!(await deleteListMember(ctx.sql, ctx.workspaceId, member))) {
    throw new AppError('not_found', 'The profile is not on this list');
  }
  await noteFacts({ sql: ctx.sql, workspaceId: ctx.workspaceId, now: ctx.clock.now() }, [member.profileId], LIST_FACTS);
  const detail = { profileId: publicId('prf', member.profileId) };
  await recordAudit(ctx, { action: 'list.member_removed', subject: publicId('lst', member.listId), detail });
}

const LIST_FACTS = ['$list'] as const;

async function requireHeld(ctx: TxCtx, listId: string): Promise<void> {
  if ((await holdLists(ctx.sql, ctx.workspaceId, [listId])).length === 0) throw noList();
}

async function addIn(ctx: TxCtx, listId: string, found: readonly (HeldProfile | undefined)[]): Promise<Added> {
  await requireHeld(ctx, listId);
  const members = found.filter((held) => held !== undefined);
  const profileIds = [...new Set(members.map((held) => held.profileId))];
  const before = await findOnList(ctx.sql, ctx.workspaceId, { listId, profileIds });
  const at = new Date(ctx.clock.now());
  await insertListMembers(ctx.sql, ctx.workspaceId, { listId, members, at });
  const added = profileIds.filter((id) => !before.has(id));
  await noteFacts({ sql: ctx.sql, workspaceId: ctx.workspaceId, now: at.getTime() }, added, LIST_FACTS);
  return { added: added.length, present: before.size };
}

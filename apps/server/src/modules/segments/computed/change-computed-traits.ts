import type { ComputedTraitRule, SegmentRule } from '@segue/contract';

import type { Ctx } from '../../../platform/context.ts';
import { AppError } from '../../../platform/errors.ts';
import { cutLanes, inTransaction } from '../../../platform/eventlog/index.ts';
import { newUuid, publicId } from '../../../platform/ids/index.ts';
import { recordAudit } from '../../accounts/index.ts';
import { isPersonalTrait, SESSION_TRAITS } from '../../events/index.ts';
import { refuseFaults } from '../check-rule.ts';
import { dropUnneededLeaves } from '../leaf-owners.ts';
import { loadWorld } from '../load-world.ts';
import { forgetRows } from '../member-store.ts';
import { pathSteps } from '../path.ts';
import { LIFECYCLE_TRAIT } from '../rule.ts';
import { findComputedTraitFaults } from '../rule-faults.ts';
import { insertOwner } from '../insert-owner.ts';
import { archiveRow, listActiveSegments, type SegmentRow } from '../segment-store.ts';
import { reviseSegments } from '../update-segment.ts';
import {
  archiveComputedRow,
  type ComputedTraitRow,
  findComputedTrait,
  insertComputedTrait,
  setComputedRule,
} from './computed-trait-store.ts';

const DERIVED: ReadonlySet<string> = new Set([...SESSION_TRAITS, LIFECYCLE_TRAIT, 'company_ids', 'company_roles']);

/** Holds for nobody, and yet asks for the trait: its leaves are counted and filled like any rule's. */
function ownerRule(name: string): SegmentRule {
  return { all: [{ not: { everyone: true } }, { trait: name, op: 'exists' }] };
}

/**
 * Defines a computed trait. It counts live from this very place in every lane; until history is counted it has no value. It
 * stands before a trait of the same name that somebody says.
 */
export async function createComputedTrait(
  ctx: Ctx,
  { name, rule }: { name: string; rule: ComputedTraitRule },
): Promise<ComputedTraitRow> {
  refuseFaults(findComputedTraitFaults(rule));
  if (DERIVED.has(name)) throw nameTaken('Segue itself keeps a trait of this name');
  if (isPersonalTrait(name)) throw nameTaken('A trait of this name is personal, and sealed');
  const id = newUuid(ctx.clock.now());
  return inTransaction(ctx, async (ctx) => {
    const { sql, workspaceId } = ctx;
    const cut = await cutLanes(sql);
    const at = new Date(ctx.clock.now());
    if (!(await insertComputedTrait(sql, { workspaceId, id, name, rule, at })))
      throw nameTaken('Another computed trait has this name');
    const active = await listActiveSegments(sql, workspaceId);
    const holders = active.filter((segment) => [segment.rule, segment.next_rule].some((one) => asksHeld(one, name)));
    if (holders.length > 0) throw inUse(holders);
    const whole = await loadWorld(sql, workspaceId, active);
    await insertOwner(ctx, { id, kind: 'trait', name, rule: ownerRule(name), whole, cut });
    // Rules that ask for a trait of this name ask for this one from now on.
    await reviseSegments(ctx);
    await recordAudit(ctx, { action: 'computed_trait.created', subject: publicId('ctr', id) });
    return (await findComputedTrait(sql, workspaceId, id))!;
  });
}

/** Gives it another rule: the value by the old one stays until history is counted for the new one; rules that ask for it follow. */
export async function updateComputedTrait(
  ctx: Ctx,
  id: string,
  { rule }: { rule: ComputedTraitRule },
): Promise<ComputedTraitRow> {
  refuseFaults(findComputedTraitFaults(rule));
  return inTransaction(ctx, async (ctx) => {
    const { sql, workspaceId } = ctx;
    await cutLanes(sql);
    await requireComputedTrait(ctx, id);
    await setComputedRule(sql, { workspaceId, id, rule, at: new Date(ctx.clock.now()) });
    await reviseSegments(ctx);
    await recordAudit(ctx, { action: 'computed_trait.changed', subject: publicId('ctr', id) });
    return (await findComputedTrait(sql, workspaceId, id))!;
  });
}

/** Takes it away; what only it counted is forgotten. Refused while rules of segments ask for it. */
export async function archiveComputedTrait(ctx: Ctx, id: string): Promise<void> {
  await inTransaction(ctx, async (ctx) => {
    const { sql, workspaceId, postgres } = ctx;
    await cutLanes(sql);
    const { name } = await requireComputedTrait(ctx, id);
    const users = usersOfTrait(name, await listActiveSegments(sql, workspaceId));
    if (users.length > 0) throw inUse(users);
    const at = new Date(ctx.clock.now());
    await archiveComputedRow(sql, { workspaceId, id, at });
    await archiveRow(sql, { workspaceId, id, at });
    const generations = await dropUnneededLeaves(sql, workspaceId);
    await recordAudit(ctx, { action: 'computed_trait.archived', subject: publicId('ctr', id) });
    // Batches hold such rows locked before they come to their cursors: under the cut both would wait for each other.
    ctx.afterCommit(() => forgetRows(postgres, workspaceId, { generations }));
  });
}

export async function requireComputedTrait(
  { sql, workspaceId }: Pick<Ctx, 'sql' | 'workspaceId'>,
  id: string,
): Promise<ComputedTraitRow> {
  const trait = await findComputedTrait(sql, workspaceId, id);
  if (trait === undefined) throw new AppError('not_found', 'There is no such computed trait');
  return trait;
}

/** The segments whose rules, now or once their change is through, ask for the trait, be it by way of other segments. */
export function usersOfTrait(name: string, active: readonly SegmentRow[]): readonly SegmentRow[] {
  return active.filter(
    ({ kind, world, next_world: next }) =>
      kind === 'segment' && [world, next].some((one) => Object.hasOwn(one?.computed ?? {}, name)),
  );
}

/** Whether a rule asks how long a trait of this name was held: of one that is computed nobody can tell. */
function asksHeld(rule: SegmentRule | null, name: string): boolean {
  if (rule === null) return false;
  if ('all' in rule) return rule.all.some((one) => asksHeld(one, name));
  if ('any' in rule) return rule.any.some((one) => asksHeld(one, name));
  if ('not' in rule) return asksHeld(rule.not, name);
  return 'trait' in rule && rule.op === 'held' && pathSteps(rule.trait)[0] === name;
}

function nameTaken(why: string): AppError {
  return new AppError('conflict', why, { details: [{ field: 'name', message: 'choose a name that is not taken' }] });
}

function inUse(users: readonly SegmentRow[]): AppError {
  return new AppError('conflict', 'Rules of segments ask for this trait', {
    details: users.map((user) => ({
      field: publicId('seg', user.id),
      message: `"${user.name}" asks for it: take it out of that rule, or archive that segment first`,
    })),
  });
}

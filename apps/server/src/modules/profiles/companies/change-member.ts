import { inSubjects, type SubjectBatch, type TxCtx } from '../../../platform/eventlog/index.ts';
import { AppError } from '../../../platform/errors.ts';
import { publicId } from '../../../platform/ids/index.ts';
import { recordAudit } from '../../accounts/index.ts';
import { anchorNode } from '../read-profile.ts';
import { addSaid } from './company-node-store.ts';
import { COMPANY_EVENTS, companiesSection, membershipOf } from './companies-stage.ts';
import { isPresent, type Membership, type SaidMembership } from './company-state.ts';
import { listMemberships, saveMemberships } from './company-store.ts';

interface Place {
  readonly companyId: string;
  readonly profileId: string;
}

/** Puts a profile into a company, or changes its role there; `role` undefined leaves that as it is. */
export async function setCompanyMember(
  ctx: TxCtx,
  { role, ...place }: Place & { role: string | null | undefined },
): Promise<Membership> {
  const { before, now } = await change(ctx, place, ({ before, nowMs }) => {
    const said = role === undefined ? {} : { role, roleMs: nowMs };
    if (before === undefined) return { role: null, roleMs: null, firstMs: nowMs, lastMs: nowMs, leftMs: null, ...said };
    // Nobody is told of a time to come; who left a moment ago is back a moment later.
    return { ...before, lastMs: Math.max(before.lastMs, nowMs, (before.leftMs ?? 0) + 1), ...said };
  });
  await recordAudit(ctx, {
    action: before === undefined || !isPresent(before) ? 'company.member_added' : 'company.member_changed',
    subject: publicId('cmp', place.companyId),
    detail: { profileId: publicId('prf', place.profileId) },
  });
  return now;
}

/** Takes a profile out of a company; `not_found` when it is not in it. */
export async function removeCompanyMember(ctx: TxCtx, place: Place): Promise<void> {
  await change(ctx, place, ({ before, nowMs }) => {
    if (before === undefined || !isPresent(before)) {
      throw new AppError('not_found', 'The profile does not belong to this company');
    }
    return { ...before, leftMs: Math.max(nowMs, before.lastMs) };
  });
  await recordAudit(ctx, {
    action: 'company.member_removed',
    subject: publicId('cmp', place.companyId),
    detail: { profileId: publicId('prf', place.profileId) },
  });
}

/** Under the profile's lock: group calls of it wait meanwhile. */
function change(
  ctx: TxCtx,
  { companyId, profileId }: Place,
  decide: (given: { before: Membership | undefined; nowMs: number }) => Membership,
): Promise<{ before: Membership | undefined; now: Membership }> {
  return inSubjects(ctx, { workspaceId: ctx.workspaceId, ids: [profileId] }, async (batch) => {
    const subject = batch.subjects.get(profileId);
    if (subject === undefined) throw new AppError('not_found', 'There is no such profile');
    const rows = await listMemberships(batch.sql, batch.workspaceId, [profileId]);
    const row = rows.find((candidate) => candidate.company_id === companyId);
    const before = row === undefined ? undefined : membershipOf(row);
    const now = decide({ before, nowMs: batch.now });
    await saveMemberships(batch.sql, batch.workspaceId, [{ companyId, profileId, membership: now }]);
    const said = saidNow({ before, now, nowMs: batch.now });
    await addSaid(batch.sql, batch.workspaceId, [{ node: anchorNode(subject).id, companyId, said, isNews: true }]);
    if (row === undefined) subject.set(companiesSection, { rows: rows.length + 1 });
    tell(batch, { companyId, profileId, before, now });
    return { before, now };
  });
}

/** What this change adds to what was said before. */
function saidNow(change: { before: Membership | undefined; now: Membership; nowMs: number }): SaidMembership {
  const { before, now, nowMs } = change;
  const role = now.roleMs === nowMs ? { role: now.role, roleMs: nowMs } : { role: null, roleMs: null };
  if (!isPresent(now)) return { ...role, firstMs: null, lastMs: null, leftMs: now.leftMs };
  return { ...role, firstMs: before === undefined ? now.firstMs : now.lastMs, lastMs: now.lastMs, leftMs: null };
}

function tell(batch: SubjectBatch, said: Place & { before: Membership | undefined; now: Membership }): void {
  const { companyId, profileId, before, now } = said;
  const wasPresent = before !== undefined && isPresent(before);
  const name = !isPresent(now) ? COMPANY_EVENTS.left : wasPresent ? COMPANY_EVENTS.roleChanged : COMPANY_EVENTS.joined;
  batch.emit({
    subjectId: profileId,
    node: anchorNode(batch.subjects.get(profileId)!),
    name,
    occurredAt: batch.now,
    properties: { company_id: publicId('cmp', companyId), role: now.role },
  });
}

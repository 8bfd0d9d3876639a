import {
  causedId,
  defineSection,
  type EventBatch,
  finalOwners,
  type LoggedEvent,
  type RebuildBatch,
  type Stage,
  type Subject,
} from '../../../platform/eventlog/index.ts';
import { publicId } from '../../../platform/ids/index.ts';
import type { Json } from '../../../platform/json.ts';
import { noteDerivedTraits, setDerivedTraits } from '../derived-traits.ts';
import { nodeIdsOf } from '../read-profile.ts';
import { addSaid, listSaid, type NodeMembership } from './company-node-store.ts';
import { isMembershipNews, isPresent, joinSaid, type Membership, mergeMemberships } from './company-state.ts';
import {
  deleteMemberships,
  listMemberships,
  type MemberRow,
  type MembershipWrite,
  saveMemberships,
} from './company-store.ts';
import { readSaidGroups, type SaidGroup } from './said-groups.ts';
import { COMPANY_FACT, saveCompanies } from './save-companies.ts';

/** There only for profiles that ever belonged to a company: the rest need no query when they merge. */
export const companiesSection = defineSection<{ rows: number }>('c');

/** More companies than this a profile's traits do not name. */
const TRAIT_COMPANIES_MAX = 50;
export const COMPANY_EVENTS = {
  joined: 'Company Joined',
  left: 'Company Left',
  roleChanged: 'Company Role Changed',
} as const;
const HEARD: ReadonlySet<string> = new Set(Object.values(COMPANY_EVENTS));

/** A profile's memberships by company. */
type Memberships = Map<string, Membership>;

/**
 * Makes companies of group calls and keeps who belongs to them. What the API changes it only tells of by an event: heard
 * here, so that traits change where rules on them are asked.
 */
export const companiesStage: Stage = {
  name: 'companies',
  hears: () => Promise.resolve((event) => HEARD.has(event.name)),
  async run(batch) {
    const groups = await readSaidGroups(batch);
    const movers = batch.merges.filter(({ from }) => from.get(companiesSection) !== undefined);
    const told = batch.entries.filter(({ event }) => event.type === 'internal' && HEARD.has(event.name));
    if (groups.length === 0 && movers.length === 0 && told.length === 0) return;
    const companyIds = groups.length === 0 ? new Map<string, string>() : await saveCompanies(batch, groups);
    const subjects = new Set<Subject>();
    for (const { subject } of [...groups, ...told]) if (subject !== undefined) subjects.add(subject);
    await saveMembers(batch, { groups, companyIds, subjects });
  },
  rebuild: rebuildMembers,
};

/** Who belongs where is what was said of the identifiers a profile has now. */
async function rebuildMembers(batch: RebuildBatch): Promise<void> {
  const { sql, workspaceId, rebuilds } = batch;
  const said = await listSaid(sql, workspaceId, rebuilds.flatMap(nodeIdsOf));
  const writes: MembershipWrite[] = [];
  for (const subject of rebuilds) {
    const nodes = new Set(nodeIdsOf(subject));
    const own = said.filter(({ node }) => nodes.has(node));
    const memberships: Memberships = new Map();
    for (const companyId of new Set(own.map((part) => part.companyId))) {
      const membership = joinSaid(own.filter((part) => part.companyId === companyId).map((part) => part.said));
      if (membership !== undefined) memberships.set(companyId, membership);
    }
    for (const [companyId, membership] of memberships) writes.push({ companyId, profileId: subject.id, membership });
    keep(subject, memberships);
  }
  await deleteMemberships(
    sql,
    workspaceId,
    rebuilds.map(({ id }) => id),
  );
  await saveMemberships(sql, workspaceId, writes);
}

/** The profile's own part of its memberships. */
function keep(subject: Subject, memberships: Memberships): void {
  if (subject.get(companiesSection)?.rows !== memberships.size) {
    subject.set(companiesSection, memberships.size === 0 ? undefined : { rows: memberships.size });
  }
  if (setDerivedTraits(subject, companyTraitsOf(memberships))) noteDerivedTraits(subject, [COMPANY_FACT]);
}

async function saveMembers(
  batch: EventBatch,
  said: { groups: readonly SaidGroup[]; companyIds: ReadonlyMap<string, string>; subjects: Set<Subject> },
): Promise<void> {
  const owners = finalOwners(batch.merges);
  const gone = batch.merges.filter(({ from }) => from.get(companiesSection) !== undefined).map(({ from }) => from.id);
  for (const id of gone) {
    const into = batch.subjects.get(owners.get(id)!);
    if (into !== undefined) said.subjects.add(into);
  }
  const ids = [...said.subjects].map((subject) => subject.id);
  const rows = await listMemberships(batch.sql, batch.workspaceId, [...new Set([...ids, ...gone])]);
  const before = new Map<string, Membership>();
  const now = new Map<string, Memberships>(ids.map((id) => [id, new Map()]));
  for (const row of rows) {
    const owner = owners.get(row.profile_id) ?? row.profile_id;
    if (owner === row.profile_id) before.set(`${owner} ${row.company_id}`, membershipOf(row));
    add(now.get(owner), row.company_id, membershipOf(row));
  }
  for (const { subject, event, groupKey, membership } of said.groups) {
    const companyId = said.companyIds.get(groupKey)!;
    const memberships = now.get(subject.id);
    const wasPresent = memberships?.get(companyId);
    const joined = add(memberships, companyId, membership);
    if (isPresent(joined) && (wasPresent === undefined || !isPresent(wasPresent))) {
      tellJoined(batch, { subject, event, companyId, role: joined.role });
    }
  }
  const writes: MembershipWrite[] = [];
  for (const subject of said.subjects) {
    const memberships = now.get(subject.id)!;
    for (const [companyId, membership] of memberships) {
      const stored = before.get(`${subject.id} ${companyId}`);
      if (isMembershipNews(stored, membership)) writes.push({ companyId, profileId: subject.id, membership });
    }
    keep(subject, memberships);
  }
  await deleteMemberships(batch.sql, batch.workspaceId, gone);
  await saveMemberships(batch.sql, batch.workspaceId, writes);
  const news = new Set(writes.map(({ companyId, profileId }) => `${profileId} ${companyId}`));
  await addSaid(batch.sql, batch.workspaceId, saidOfNodes(said, news));
}

/** What the group calls say of each identifier, once for each company. */
function saidOfNodes(
  { groups, companyIds }: { groups: readonly SaidGroup[]; companyIds: ReadonlyMap<string, string> },
  news: ReadonlySet<string>,
): (NodeMembership & { isNews: boolean })[] {
  const said = new Map<string, { node: number; companyId: string; said: Membership; isNews: boolean }>();
  for (const { event, groupKey, membership, subject } of groups) {
    const companyId = companyIds.get(groupKey)!;
    const node = event.nodes[0]!.id;
    const before = said.get(`${node} ${companyId}`);
    said.set(`${node} ${companyId}`, {
      node,
      companyId,
      said: before === undefined ? membership : mergeMemberships(before.said, membership),
      isNews: news.has(`${subject.id} ${companyId}`),
    });
  }
  return [...said.values()];
}

function add(memberships: Memberships | undefined, companyId: string, membership: Membership): Membership {
  const before = memberships?.get(companyId);
  const merged = before === undefined ? membership : mergeMemberships(before, membership);
  memberships?.set(companyId, merged);
  return merged;
}

function tellJoined(
  batch: EventBatch,
  joined: { subject: Subject; event: LoggedEvent; companyId: string; role: string | null },
): void {
  const { subject, event, companyId, role } = joined;
  batch.emit({
    subjectId: subject.id,
    node: event.nodes[0]!,
    name: COMPANY_EVENTS.joined,
    occurredAt: event.occurredAt,
    properties: { company_id: publicId('cmp', companyId), role },
    id: causedId(COMPANY_EVENTS.joined, batch.workspaceId, event.id),
  });
}

/** What rules can ask: in which companies a profile is, and as what. */
function companyTraitsOf(memberships: Memberships): Record<'company_ids' | 'company_roles', Json> {
  const present = [...memberships].filter(([, membership]) => isPresent(membership));
  if (present.length === 0) return { company_ids: null, company_roles: null };
  const ids = present.map(([companyId]) => publicId('cmp', companyId)).sort();
  const roles = new Set(present.flatMap(([, { role }]) => (role === null ? [] : [role])));
  return {
    company_ids: ids.slice(0, TRAIT_COMPANIES_MAX),
    company_roles: roles.size === 0 ? null : [...roles].sort().slice(0, TRAIT_COMPANIES_MAX),
  };
}

export function membershipOf(row: MemberRow): Membership {
  return {
    role: row.role,
    roleMs: row.role_ms,
    firstMs: row.first_ms,
    lastMs: row.last_ms,
    leftMs: row.left_ms,
  };
}

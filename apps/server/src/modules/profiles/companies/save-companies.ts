import { RetryBatch, type SubjectBatch } from '../../../platform/eventlog/index.ts';
import { newUuid } from '../../../platform/ids/index.ts';
import { insertMembersFacts } from '../changed-fact-store.ts';
import { noteDerivedTraits } from '../derived-traits.ts';
import { currentTraits } from '../profile-section.ts';
import { type CompanyState, isCompanyNews, mergeCompanies, hasOtherTraits } from './company-state.ts';
import {
  type CompanyRow,
  type CompanyWrite,
  findCompaniesByKey,
  insertCompanies,
  lockCompanies,
  updateCompanies,
} from './company-store.ts';
import type { SaidGroup } from './said-groups.ts';

/**
 * Writes what was said of companies, and answers the id of each by its key. A company of which nothing new was said is
 * not locked: many of its members are on the site at once.
 */
export async function saveCompanies(batch: SubjectBatch, groups: readonly SaidGroup[]): Promise<Map<string, string>> {
  const { sql, workspaceId } = batch;
  const said = new Map<string, CompanyState>();
  for (const { groupKey, company } of groups) {
    const before = said.get(groupKey);
    said.set(groupKey, before === undefined ? company : mergeCompanies(before, company));
  }
  const known = new Map(
    (await findCompaniesByKey(sql, workspaceId, [...said.keys()])).map((row) => [row.group_key, row]),
  );
  const created = [...said].flatMap(([groupKey, state]) =>
    known.has(groupKey) ? [] : [toWrite(newUuid(batch.now), groupKey, state)],
  );
  const inserted = await insertCompanies(sql, workspaceId, { companies: created, at: new Date(batch.now) });
  if (inserted !== created.length) throw new RetryBatch('a company was made meanwhile');
  const news = [...known.values()].filter((row) => {
    const before = stateOfRow(row);
    return isCompanyNews(before, mergeCompanies(before, said.get(row.group_key)!));
  });
  const locked = await lockCompanies(
    sql,
    workspaceId,
    news.map((row) => row.group_key),
  );
  const writes = locked.map((row) =>
    toWrite(row.id, row.group_key, mergeCompanies(stateOfRow(row), said.get(row.group_key)!)),
  );
  await updateCompanies(sql, workspaceId, writes);
  const changed = writes.filter((write, at) => hasOtherTraits(stateOfRow(locked[at]!), write.state));
  await tellMembers(batch, changed, groups);
  return new Map([
    ...[...known.values()].map((row) => [row.group_key, row.id] as const),
    ...created.map((company) => [company.groupKey, company.id] as const),
  ]);
}

/** Noted of a profile when it joins or leaves a company, or a company of it has other traits. */
export const COMPANY_FACT = '$company';

/** Rules ask everybody who belongs to a company about its traits. */
async function tellMembers(
  batch: SubjectBatch,
  changed: readonly CompanyWrite[],
  groups: readonly SaidGroup[],
): Promise<void> {
  const keys = new Set(changed.map(({ groupKey }) => groupKey));
  for (const { groupKey, subject } of groups) if (keys.has(groupKey)) noteDerivedTraits(subject, [COMPANY_FACT]);
  const companyIds = changed.map(({ id }) => id);
  const noted = { companyIds, fact: COMPANY_FACT, at: new Date(batch.now) };
  await insertMembersFacts(batch.sql, batch.workspaceId, noted);
}

function toWrite(id: string, groupKey: string, state: CompanyState): CompanyWrite {
  const name = currentTraits(state.traits)['name'];
  return { id, groupKey, name: typeof name === 'string' ? name : null, state };
}

export function stateOfRow(row: CompanyRow): CompanyState {
  return {
    groupId: row.group_id ?? undefined,
    traits: row.traits,
    personal: row.personal,
    firstMs: row.first_ms,
    lastMs: row.last_ms,
  };
}

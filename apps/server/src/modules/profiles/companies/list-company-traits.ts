import type { JsonObject } from '../../../platform/json.ts';
import type { ProfileReader } from '../read-profile.ts';
import { membershipOf } from './companies-stage.ts';
import { isPresent } from './company-state.ts';
import { findCompanies, listMemberships } from './company-store.ts';
import { openCompanies } from './open-companies.ts';

/** The traits of every company each profile belongs to, personal ones opened. Three queries, two where none belongs to any. */
export async function listCompanyTraits(
  reader: ProfileReader,
  profileIds: readonly string[],
): Promise<Map<string, JsonObject[]>> {
  const rows = await listMemberships(reader.sql, reader.workspaceId, profileIds);
  const present = rows.filter((row) => isPresent(membershipOf(row)));
  if (present.length === 0) return new Map();
  const ids = [...new Set(present.map((row) => row.company_id))];
  const opened = await openCompanies(reader, await findCompanies(reader.sql, reader.workspaceId, ids));
  const traits = new Map<string, JsonObject[]>();
  for (const { profile_id: profileId, company_id: companyId } of present) {
    const company = opened.get(companyId)?.traits;
    if (company === undefined) continue;
    const known = traits.get(profileId);
    if (known === undefined) traits.set(profileId, [company]);
    else known.push(company);
  }
  return traits;
}

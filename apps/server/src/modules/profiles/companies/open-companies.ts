import { open } from '../../../platform/crypto/index.ts';
import type { Json, JsonObject } from '../../../platform/json.ts';
import { openNodeKeys } from '../node-directory.ts';
import { currentTraits, joinTraits, type TimedTraits } from '../profile-section.ts';
import type { ProfileReader } from '../read-profile.ts';
import type { SealedValue } from './company-state.ts';
import type { CompanyRow } from './company-store.ts';

/** What each company is called and its traits as they stand; personal values are opened while their keys exist. One query. */
export async function openCompanies(
  reader: ProfileReader,
  rows: readonly CompanyRow[],
): Promise<Map<string, { groupId: string | null; traits: JsonObject }>> {
  const nodes = rows.flatMap(({ personal }) =>
    [...Object.values(personal.traits), ...(personal.groupId === undefined ? [] : [personal.groupId])].map(
      ([, , node]) => node,
    ),
  );
  const { sql, workspaceId } = reader;
  const nodeKeys = await openNodeKeys({ sql, workspaceId, keys: await reader.keysOf(workspaceId) }, nodes);
  const opened = ([sealed, , node]: SealedValue): Json | undefined => {
    const key = nodeKeys.get(node);
    if (key === undefined) return undefined;
    return JSON.parse(open(key, Buffer.from(sealed, 'base64')).toString('utf8')) as Json;
  };
  return new Map(
    rows.map((row) => {
      const personal: TimedTraits = {};
      for (const [name, value] of Object.entries(row.personal.traits)) {
        const said = opened(value);
        if (said !== undefined) personal[name] = [said, value[1]];
      }
      const groupId = row.personal.groupId === undefined ? undefined : opened(row.personal.groupId);
      return [
        row.id,
        {
          groupId: row.group_id ?? (typeof groupId === 'string' ? groupId : null),
          traits: currentTraits(joinTraits(row.traits, personal)),
        },
      ];
    }),
  );
}

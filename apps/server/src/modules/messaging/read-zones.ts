import type { Subject } from '../../platform/eventlog/index.ts';
import type { JsonObject } from '../../platform/json.ts';
import { getWorkspaceRow } from '../accounts/index.ts';
import { countryOfPhone, listAddresses, type openTraits } from '../profiles/index.ts';
import { loadPlaces } from '../segments/index.ts';
import { type CustomerZones, zonesOf } from './gate/customer-zones.ts';
import { findPolicy } from './gate/policy-store.ts';

type Reader = Parameters<typeof openTraits>[0];

/** By which clocks each customer lives; only where a workspace has quiet hours does anybody ask where she is. */
export async function readZones(
  reader: Reader,
  of: { readonly subjects: ReadonlyMap<string, Subject>; readonly traits: ReadonlyMap<string, JsonObject> },
): Promise<(profileId: string) => CustomerZones> {
  const { sql, workspaceId } = reader;
  const { time_zone: fallback } = await getWorkspaceRow(sql, workspaceId);
  const { quietHours } = await findPolicy(sql, workspaceId);
  if (quietHours === undefined) return () => ({ zones: [fallback], from: 'workspace' });
  const subjects = [...of.subjects.values()];
  const phones = await listAddresses(
    reader,
    subjects.map(({ id }) => id),
    'phone',
  );
  const places = await loadPlaces(reader, subjects, of.traits);
  return (profileId) => {
    const number = phones.get(profileId)?.[0]?.address;
    return zonesOf({
      timezone: of.traits.get(profileId)?.['timezone'],
      phoneCountry: number === undefined ? undefined : countryOfPhone(number),
      country: places.get(profileId)?.country,
      fallback,
    });
  };
}

import type { Subject } from '../../platform/eventlog/index.ts';
import { publicId } from '../../platform/ids/index.ts';
import type { JsonObject } from '../../platform/json.ts';
import { type Reach, readReach } from '../consent/index.ts';
import {
  clearTraits,
  countryOfPhone,
  hasAddress,
  listAddresses,
  listCompanyTraits,
  openTraits,
} from '../profiles/index.ts';
import type { Fact, Facts, Place } from './facts.ts';
import { knownZone } from './known-zone.ts';
import { lastStoreOf } from './last-store.ts';
import { listsOfProfiles } from './lists/list-member-store.ts';
import { placeOf } from './place.ts';
import { loadShopFacts } from './shop-facts.ts';

export interface FactsAsked {
  /** What rules read: nothing else is loaded. */
  readonly facts: ReadonlySet<Fact>;
  /** The workspace's IANA zone. */
  readonly zone: string;
  /** Traits of these profiles with personal ones opened, where they are open already. */
  readonly traits?: ReadonlyMap<string, JsonObject> | undefined;
  /** The lifecycle stage of a profile, as the rules of the stages say it now. */
  readonly lifecycleOf?: ((subject: Subject) => string | undefined) | undefined;
}

const NONE: readonly JsonObject[] = [];

/**
 * Loads what rules ask of these profiles beside traits and events: one query a table for all of them, and none for facts that
 * no rule reads. Their subjects should be locked: what changes meanwhile is noted, and asked again.
 */
export async function loadFacts(
  reader: Parameters<typeof openTraits>[0],
  subjects: readonly Subject[],
  asked: FactsAsked,
): Promise<(subject: Subject) => Facts> {
  const { sql, workspaceId } = reader;
  const { facts } = asked;
  const ids = subjects.map((subject) => subject.id);
  const isRead = (...names: readonly Fact[]) => names.some((name) => facts.has(name));
  const reach = isRead('$consent', '$reachable') ? await readReach(reader, ids) : undefined;
  const companies = isRead('$company') ? await listCompanyTraits(reader, ids) : undefined;
  const lists = isRead('$list') ? await listsOfProfiles(sql, workspaceId, ids) : undefined;
  const places = isRead('$place') ? await loadPlaces(reader, subjects, asked.traits) : undefined;
  const shop = await loadShopFacts({ sql, workspaceId, profileIds: ids }, isRead);
  return (subject) => ({
    ...shop(subject.id),
    profileId: subject.id,
    zone: () => knownZone(clearTraits(subject)['timezone']) ?? asked.zone,
    consent: (channel, topic) => loaded(reach, '$consent').get(subject.id)?.consent(channel, topic) ?? 'never_asked',
    isReachable: (channel, topic) => isReachable(loaded(reach, '$reachable').get(subject.id), channel, topic),
    companies: () => loaded(companies, '$company').get(subject.id) ?? NONE,
    place: () => loaded(places, '$place').get(subject.id),
    isOnList: (listId) => onList(loaded(lists, '$list').get(subject.id), listId),
    hasAddress: () => hasAddress(subject),
    lifecycle: () => asked.lifecycleOf?.(subject),
  });
}

/** A rule that asks for what was not loaded would be told a wrong answer. */
function loaded<T>(found: T | undefined, fact: Fact): T {
  if (found === undefined) throw new Error(`${fact} was not loaded`);
  return found;
}

function isReachable(reach: Reach | undefined, channel: string, topic: string | undefined): boolean {
  return reach?.reachability(channel, topic).kind === 'reachable';
}

function onList(lists: ReadonlySet<string> | undefined, listId: string): boolean {
  if (lists === undefined) return false;
  for (const id of lists) if (publicId('lst', id) === listId) return true;
  return false;
}

/** Where each of these profiles is, see `placeOf`. Two queries, one where their traits are open already. */
export async function loadPlaces(
  reader: Parameters<typeof openTraits>[0],
  subjects: readonly Subject[],
  opened?: ReadonlyMap<string, JsonObject>,
): Promise<Map<string, Place>> {
  const traits = opened ?? (await openTraits(reader, subjects));
  const ids = subjects.map((subject) => subject.id);
  const phones = await listAddresses(reader, ids, 'phone');
  const places = new Map<string, Place>();
  for (const subject of subjects) {
    const { id } = subject;
    const number = phones.get(id)?.[0]?.address;
    const phoneCountry = number === undefined ? undefined : countryOfPhone(number);
    const place = placeOf({ traits: traits.get(id) ?? {}, phoneCountry, lastStore: lastStoreOf(subject) });
    if (place !== undefined) places.set(id, place);
  }
  return places;
}

import type { EventType } from '../../../platform/eventlog/index.ts';
import { isJsonObject, type JsonObject } from '../../../platform/json.ts';
import type { Identifier, IdentifierReader } from '../../profiles/index.ts';

/** More of them are not read. */
const EXTERNAL_IDS_MAX = 20;

/** What identifiers are read with, and whom is spoken for. */
export interface IdentifierEnvelope {
  readonly reader: IdentifierReader;
  readonly isTrusted: boolean;
  /** The context of the whole request. */
  readonly context: JsonObject | undefined;
}

/**
 * Every identifier the event carries: its own fields, `context.device.id`, `context.externalIds`, and the traits of the
 * customer, those of `identify` and those repeated in `context.traits`. Never its properties: an address in them may be
 * somebody else's; nor a group's traits, which are a company's. Pure. Formats: Segment's spec "Common fields" and
 * "Identity resolution externalIds".
 */
export function readIdentifiers(
  item: JsonObject,
  type: EventType,
  envelope: IdentifierEnvelope,
): ReturnType<IdentifierReader['rank']> {
  const { reader, isTrusted } = envelope;
  const found: Identifier[] = [];
  const add = (kind: string, raw: unknown, country?: string): void => {
    if (raw === undefined || raw === null) return;
    const identifier = reader.read(kind, raw, country);
    if (identifier !== undefined) found.push(identifier);
  };
  add('userId', item['userId']);
  add('anonymousId', item['anonymousId']);
  if (type === 'alias') found.push(...previousOf(item['previousId'], { reader, isNamed: found[0]?.kind === 'userId' }));
  const { context } = item;
  const traits = type === 'identify' && isJsonObject(item['traits']) ? item['traits'] : undefined;
  if (isJsonObject(context)) {
    const { device, externalIds, traits: repeated } = context;
    if (isJsonObject(device)) add('device', device['id']);
    const said = isJsonObject(repeated) ? repeated : undefined;
    if (traits !== undefined || said !== undefined || externalIds !== undefined) {
      const country = () => countryOf([traits, said], context, envelope);
      if (traits !== undefined) addTraits(traits, { add, reader, country });
      if (said !== undefined) addTraits(said, { add, reader, country });
      if (Array.isArray(externalIds)) addExternalIds(externalIds, { add, reader, country });
    }
  } else if (traits !== undefined) {
    addTraits(traits, { add, reader, country: () => countryOf([traits], undefined, envelope) });
  }
  return reader.rank(found, isTrusted);
}

/** "The previousId can be either the userId or the anonymousId" (Segment's spec "Alias"): which, only who knows them can say. */
function previousOf(raw: unknown, { reader, isNamed }: { reader: IdentifierReader; isNamed: boolean }): Identifier[] {
  // Without a new user id there is nothing that the old one could be told from.
  const kinds = isNamed ? ['userId', 'anonymousId'] : ['anonymousId'];
  return kinds.flatMap((kind): Identifier[] => {
    const identifier = reader.read(kind, raw);
    return identifier === undefined ? [] : [{ ...identifier, isPrevious: true }];
  });
}

interface Adding {
  readonly add: (kind: string, raw: unknown, country?: string) => void;
  readonly reader: IdentifierReader;
  /** Whose telephone numbers come without a country. */
  readonly country: () => string | undefined;
}

/** Segment reads either spelling of a name of several words. */
function addTraits(traits: JsonObject, { add, reader, country }: Adding): void {
  add('email', traits['email']);
  const phone = traits['phone'] ?? traits['phoneNumber'] ?? traits['phone_number'];
  if (phone !== undefined && phone !== null) add('phone', phone, country());
  add('loyaltyId', traits['loyaltyId'] ?? traits['loyalty_id']);
  for (const { kind, spellings } of reader.ownKinds) {
    for (const spelling of spellings) if (Object.hasOwn(traits, spelling)) add(kind, traits[spelling]);
  }
}

/**
 * `context.externalIds: [{ id, type, collection, encoding }]`. What belongs to a company (`accounts`) or is hashed is no
 * identifier of hers. `channel` ids are written `<channel>:<address>`.
 */
function addExternalIds(entries: readonly unknown[], { add, reader, country }: Adding): void {
  for (const entry of entries.slice(0, EXTERNAL_IDS_MAX)) {
    if (!isJsonObject(entry)) continue;
    const { type, id, collection, encoding } = entry;
    if (typeof type !== 'string') continue;
    if (!isLeftOut(collection) && collection !== 'users') continue;
    if (!isLeftOut(encoding) && encoding !== 'none') continue;
    const kind = reader.kindOfType(type);
    if (kind !== undefined) add(kind, id, kind === 'phone' ? country() : undefined);
  }
}

function isLeftOut(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

/** The country she says she is of, or is seen in; else the workspace's. The first that is named counts, and no other. */
function countryOf(
  traits: readonly (JsonObject | undefined)[],
  context: JsonObject | undefined,
  { reader, context: ofRequest }: IdentifierEnvelope,
): string | undefined {
  for (const said of traits) {
    if (said === undefined) continue;
    const { address } = said;
    const country =
      reader.phoneCountry(said['country']) ??
      reader.phoneCountry(isJsonObject(address) ? address['country'] : undefined);
    if (country !== undefined) return country;
  }
  const location = context?.['location'] ?? ofRequest?.['location'];
  return reader.phoneCountry(isJsonObject(location) ? location['country'] : undefined) ?? reader.country;
}

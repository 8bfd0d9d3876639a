import type { Json } from '../../../platform/json.ts';
import { knownZone } from '../../segments/index.ts';

/** What is known of where a customer is. */
export interface Whereabouts {
  /** The trait. */
  readonly timezone: Json | undefined;
  /** ISO 3166 code of the country her number is of. */
  readonly phoneCountry: string | undefined;
  /** The country of the place she was last seen at. */
  readonly country: string | undefined;
  /** Of the workspace. */
  readonly fallback: string;
}

export interface CustomerZones {
  readonly zones: readonly string[];
  readonly from: 'trait' | 'phone' | 'location' | 'workspace';
}

const zonesByCountry = new Map<string, readonly string[]>();

/**
 * By which clocks a customer's quiet hours are told: her trait `timezone`, else the country of her number, else where she was last
 * seen, else the workspace's. Of a country with several zones all count: nobody there is woken.
 */
export function zonesOf({ timezone, phoneCountry, country, fallback }: Whereabouts): CustomerZones {
  const own = knownZone(timezone);
  if (own !== undefined) return { zones: [own], from: 'trait' };
  const ofPhone = zonesOfCountry(phoneCountry);
  if (ofPhone.length > 0) return { zones: ofPhone, from: 'phone' };
  const ofPlace = zonesOfCountry(country);
  if (ofPlace.length > 0) return { zones: ofPlace, from: 'location' };
  return { zones: [fallback], from: 'workspace' };
}

/** None for a country nobody knows. */
export function zonesOfCountry(country: string | undefined): readonly string[] {
  if (country === undefined || !/^[A-Z]{2}$/.test(country)) return [];
  const known = zonesByCountry.get(country);
  if (known !== undefined) return known;
  const zones = readZones(country);
  zonesByCountry.set(country, zones);
  return zones;
}

/** Of the time zone database, as the runtime has it (ECMA-402, Intl.Locale Info). */
function readZones(country: string): readonly string[] {
  const locale = new Intl.Locale(`und-${country}`) as Intl.Locale & {
    readonly timeZones?: readonly string[];
    getTimeZones?: () => readonly string[] | undefined;
  };
  return locale.getTimeZones?.() ?? locale.timeZones ?? [];
}

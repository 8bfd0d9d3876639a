import { isJsonObject, type Json, type JsonObject } from '../../platform/json.ts';
import { numberOf } from './condition.ts';
import type { Place } from './facts.ts';

/** What may say where somebody is. */
export interface PlaceSources {
  /** As they stand, personal ones opened; derived ones too: `location` is where her last session came from by its IP address. */
  readonly traits: JsonObject;
  /** ISO code of the country her telephone number belongs to. */
  readonly phoneCountry: string | undefined;
  /** Where her last order in a store was. */
  readonly lastStore?: Place | undefined;
}

/**
 * Where a customer is: by her address (trait `address`, or the same fields as traits of their own), her telephone's country,
 * her store (traits `home_store`, `store`, else that of her last order in one), and the place of her last session, in this order. The first that names a country
 * decides it; of region, city and position the first that speaks of that country, or of none. Pure.
 */
export function placeOf({ traits, phoneCountry, lastStore }: PlaceSources): Place | undefined {
  const said = [
    placeIn(traits['address']),
    placeIn(traits),
    phoneCountry === undefined ? {} : { country: phoneCountry },
    placeIn(traits['home_store']),
    placeIn(traits['store']),
    lastStore ?? {},
    placeIn(traits['location']),
  ];
  const country = said.find((place) => place.country !== undefined)?.country;
  const there = said.filter((place) => place.country === undefined || place.country === country);
  const region = there.find((place) => place.region !== undefined)?.region;
  const city = there.find((place) => place.city !== undefined)?.city;
  const position = there.find((place) => place.latitude !== undefined);
  const found: Place = {
    ...(country !== undefined && { country }),
    ...(region !== undefined && { region }),
    ...(city !== undefined && { city }),
    ...(position?.latitude !== undefined &&
      position.longitude !== undefined && { latitude: position.latitude, longitude: position.longitude }),
  };
  return Object.keys(found).length === 0 ? undefined : found;
}

/** The place an object says, in whatever of the usual names; one whose address lies inside it says that first. */
export function placeIn(value: Json | undefined): Place {
  if (!isJsonObject(value)) return {};
  const inside = value['address'];
  const from = (names: readonly string[]): Json | undefined =>
    [inside, value].flatMap((one) => (isJsonObject(one) ? names.map((name) => one[name]) : [])).find(isSaid);
  const country = countryCode(from(['country', 'country_code', 'countryCode']));
  const region = textOf(from(['region', 'state', 'province', 'region_code']));
  const city = textOf(from(['city', 'town']));
  const latitude = degrees(from(['latitude', 'lat']), 90);
  const longitude = degrees(from(['longitude', 'lon', 'lng']), 180);
  return {
    ...(country !== undefined && { country }),
    ...(region !== undefined && { region }),
    ...(city !== undefined && { city }),
    ...(latitude !== undefined && longitude !== undefined && { latitude, longitude }),
  };
}

function isSaid(value: Json | undefined): boolean {
  return value !== undefined && value !== null && value !== '';
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

function degrees(value: Json | undefined, most: number): number | undefined {
  const number = numberOf(value);
  return number !== undefined && Math.abs(number) <= most ? number : undefined;
}

/** ISO 3166-1 alpha-2 code, also of a country by its English name. */
function countryCode(value: Json | undefined): string | undefined {
  const text = textOf(value);
  if (text === undefined) return undefined;
  return /^[A-Za-z]{2}$/.test(text) ? text.toUpperCase() : countriesByName().get(text.toLowerCase());
}

let byName: ReadonlyMap<string, string> | undefined;

function countriesByName(): ReadonlyMap<string, string> {
  byName ??= readCountries();
  return byName;
}

function readCountries(): ReadonlyMap<string, string> {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'.split('');
  const names = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });
  const countries = new Map<string, string>();
  for (const code of letters.flatMap((first) => letters.map((second) => first + second))) {
    const name = names.of(code)?.toLowerCase();
    // Of codes for one country the alphabet's first is not the one in use: what was withdrawn has its successor's name.
    if (name !== undefined && Intl.getCanonicalLocales(`und-${code}`)[0] === `und-${code}`) countries.set(name, code);
  }
  return countries;
}

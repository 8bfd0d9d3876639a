import type { IncomingHttpHeaders } from 'node:http';
import { type CityResponse, open, type Reader } from 'maxmind';
import type { JsonObject } from '../../../platform/json.ts';
import { readNumber } from '../../../platform/number-in-text.ts';

/**
 * Where an address is, as `context.location` says it: ISO 3166 codes of country and subdivision, the city's English name, and
 * `lat` and `lon` in degrees, to a tenth: a town, as near as an address tells, and nobody's door.
 */
export type LocateIp = (ip: string) => JsonObject | undefined;

/** A database in MaxMind's format, such as GeoLite2 City or DB-IP City Lite. Throws where the file is none. */
export async function openGeoIp(path: string): Promise<LocateIp> {
  const reader = await open<CityResponse>(path, { cache: { max: 10_000 } });
  return (ip) => locate(reader, ip);
}

function locate(reader: Reader<CityResponse>, ip: string): JsonObject | undefined {
  let found: CityResponse | null;
  try {
    found = reader.get(ip);
  } catch {
    // An IPv6 address in a database of IPv4 ones.
    return undefined;
  }
  return location({
    country: found?.country?.iso_code,
    region: found?.subdivisions?.[0]?.iso_code,
    city: found?.city?.names?.en,
    latitude: found?.location?.latitude,
    longitude: found?.location?.longitude,
  });
}

/** The headers in which Cloudflare, CloudFront, Vercel and App Engine say where a visitor is. */
const COUNTRY = ['cf-ipcountry', 'cloudfront-viewer-country', 'x-vercel-ip-country', 'x-appengine-country'];
const REGION = [
  'cf-region-code',
  'cloudfront-viewer-country-region',
  'x-vercel-ip-country-region',
  'x-appengine-region',
];
const CITY = ['cf-ipcity', 'cloudfront-viewer-city', 'x-vercel-ip-city', 'x-appengine-city'];
const LATITUDE = ['cf-iplatitude', 'cloudfront-viewer-latitude', 'x-vercel-ip-latitude'];
const LONGITUDE = ['cf-iplongitude', 'cloudfront-viewer-longitude', 'x-vercel-ip-longitude'];
const PLACE_LENGTH_MAX = 100;

/** What a trusted proxy says about where the visitor is. */
export function locationOfHeaders(headers: IncomingHttpHeaders): JsonObject | undefined {
  return location({
    country: first(headers, COUNTRY),
    region: first(headers, REGION),
    city: first(headers, CITY),
    latitude: readNumber(first(headers, LATITUDE) ?? ''),
    longitude: readNumber(first(headers, LONGITUDE) ?? ''),
  });
}

function first(headers: IncomingHttpHeaders, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = headers[name];
    if (typeof value === 'string' && value !== '' && value.length <= PLACE_LENGTH_MAX) return decoded(value);
  }
  return undefined;
}

/** Vercel sends its cities percent-encoded. */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** Without a country there is no place: `XX` and `ZZ` stand for an unknown one, `T1` for Tor. */
function location(place: {
  country: string | undefined;
  region: string | undefined;
  city: string | undefined;
  latitude: number | undefined;
  longitude: number | undefined;
}): JsonObject | undefined {
  const country = place.country?.toUpperCase();
  if (country === undefined || !/^[A-Z]{2}$/.test(country) || country === 'XX' || country === 'ZZ') return undefined;
  const found: JsonObject = { country };
  if (place.region !== undefined) found['region'] = place.region.toUpperCase();
  if (place.city !== undefined) found['city'] = place.city;
  const { latitude, longitude } = place;
  if (latitude === undefined || longitude === undefined) return found;
  if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) return found;
  return { ...found, lat: toTenth(latitude), lon: toTenth(longitude) };
}

function toTenth(degrees: number): number {
  return Math.round(degrees * 10) / 10;
}

import type { Location } from '../locations/location.ts';
import type { Place } from './wish.ts';

const EARTH_RADIUS_KM = 6_371;
/** Where the ways are not known: the same postcode, the same country, anywhere. */
const SAME_POSTCODE_KM = 5;
const SAME_COUNTRY_KM = 500;
const ELSEWHERE_KM = 20_000;

/** How far a location is from where the goods go: over the great circle (haversine), or as near as its address says. Pure. */
export function distanceKm(
  location: Pick<Location, 'latitude' | 'longitude' | 'country' | 'postcode'>,
  near: Place = {},
): number {
  const { latitude, longitude } = location;
  if (latitude !== null && longitude !== null && near.latitude !== undefined && near.longitude !== undefined)
    return haversineKm([latitude, longitude], [near.latitude, near.longitude]);
  if (near.country === undefined || location.country !== near.country) return ELSEWHERE_KM;
  return near.postcode !== undefined && near.postcode === location.postcode ? SAME_POSTCODE_KM : SAME_COUNTRY_KM;
}

function haversineKm([fromLat, fromLon]: readonly [number, number], [toLat, toLon]: readonly [number, number]): number {
  const radians = (degrees: number) => (degrees * Math.PI) / 180;
  const lat = Math.sin(radians(toLat - fromLat) / 2);
  const lon = Math.sin(radians(toLon - fromLon) / 2);
  const a = lat * lat + Math.cos(radians(fromLat)) * Math.cos(radians(toLat)) * lon * lon;
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(a)));
}

export interface Point {
  readonly latitude: number;
  readonly longitude: number;
}

/** The mean radius of the earth (IUGG R1), in kilometres. */
const EARTH_RADIUS_KM = 6371.0088;

/**
 * The great-circle distance in kilometres, by the haversine formula: R. W. Sinnott, "Virtues of the Haversine", Sky and
 * Telescope 68 (1984), p. 159. Degrees, north and east positive.
 */
export function distanceKm(a: Point, b: Point): number {
  const fromNorth = radians(b.latitude - a.latitude);
  const fromEast = radians(b.longitude - a.longitude);
  const h =
    Math.sin(fromNorth / 2) ** 2 +
    Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * Math.sin(fromEast / 2) ** 2;
  // Rounding may lift h over 1 between antipodes.
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(h)));
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}

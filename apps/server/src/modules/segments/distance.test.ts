import { describe, expect, it } from 'vitest';
import { distanceKm } from './distance.ts';

const MUNICH = { latitude: 48.137154, longitude: 11.576124 };
const BERLIN = { latitude: 52.520008, longitude: 13.404954 };

describe('the distance of two places', () => {
  it('is that along the great circle, to within the rounding of the earth to a ball', () => {
    expect(distanceKm(MUNICH, BERLIN)).toBeCloseTo(504.4, 0);
    expect(distanceKm(BERLIN, MUNICH)).toBe(distanceKm(MUNICH, BERLIN));
    expect(distanceKm(MUNICH, MUNICH)).toBe(0);
  });

  it('is short across the line where days begin, and half the globe to the other side of it', () => {
    const [west, east] = [
      { latitude: 0, longitude: 179.5 },
      { latitude: 0, longitude: -179.5 },
    ];
    expect(distanceKm(west, east)).toBeCloseTo(111.195, 2);
    expect(distanceKm({ latitude: 0, longitude: 0 }, { latitude: 0, longitude: 180 })).toBeCloseTo(20_015.1, 0);
    expect(distanceKm({ latitude: 90, longitude: 0 }, { latitude: -90, longitude: 77 })).toBeCloseTo(20_015.1, 0);
  });
});

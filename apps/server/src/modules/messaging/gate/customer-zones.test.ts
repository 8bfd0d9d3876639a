import { expect, test } from 'vitest';
import { zonesOf } from './customer-zones.ts';

const nowhere = { timezone: undefined, phoneCountry: undefined, country: undefined, fallback: 'Europe/Vienna' };

test('her own word goes before her number, that before where she was last seen, and the shop comes last', () => {
  const everywhere = { ...nowhere, timezone: 'Asia/Tokyo', phoneCountry: 'GB', country: 'PT' };
  expect(zonesOf(everywhere)).toEqual({ zones: ['Asia/Tokyo'], from: 'trait' });
  expect(zonesOf({ ...everywhere, timezone: 'somewhere' })).toEqual({ zones: ['Europe/London'], from: 'phone' });
  expect(zonesOf({ ...nowhere, country: 'JP' })).toEqual({ zones: ['Asia/Tokyo'], from: 'location' });
  expect(zonesOf(nowhere)).toEqual({ zones: ['Europe/Vienna'], from: 'workspace' });
});

test('of a country with several zones all of them count', () => {
  const { zones } = zonesOf({ ...nowhere, phoneCountry: 'US' });
  expect(zones).toEqual(expect.arrayContaining(['America/New_York', 'America/Los_Angeles', 'Pacific/Honolulu']));
});

test('a country that does not exist says nothing', () => {
  expect(zonesOf({ ...nowhere, phoneCountry: 'XX', country: 'not a country' }).from).toBe('workspace');
});

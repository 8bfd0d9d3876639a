import { describe, expect, it } from 'vitest';
import { compileFact, type FactLeaf } from './compile-fact.ts';
import type { Facts } from './facts.ts';

const NOBODY: Facts = {
  profileId: 'p',
  zone: () => 'UTC',
  consent: () => 'never_asked',
  isReachable: () => false,
  companies: () => [],
  place: () => undefined,
  isOnList: () => false,
  hasAddress: () => false,
  lifecycle: () => undefined,
  bought: () => 0,
  hasOrder: () => false,
  basketHolds: () => false,
  points: () => 0,
  hasCoupon: () => false,
};
const holds = (leaf: FactLeaf, facts: Partial<Facts>) => compileFact(leaf).holds({ ...NOBODY, ...facts });

describe('a leaf about a fact', () => {
  it('asks the consent of its channel and topic', () => {
    const leaf: FactLeaf = { consent: { channel: 'email', topic: 'sale', state: ['subscribed', 'pending'] } };
    const consent = (channel: string, topic: string | undefined) =>
      `${channel} ${topic}` === 'email sale' ? 'pending' : '';
    expect(holds(leaf, { consent })).toBe(true);
    expect(holds(leaf, {})).toBe(false);
    expect(compileFact(leaf).fact).toBe('$consent');
  });

  it('holds of one of her companies, and of nobody who has none', () => {
    const companies = () => [{ plan: 'basic', size: { staff: '40' } }, { plan: 'gold' }];
    expect(holds({ company: 'plan', op: 'equals', value: 'gold' }, { companies })).toBe(true);
    expect(holds({ company: 'size.staff', op: 'atLeast', value: 40 }, { companies })).toBe(true);
    expect(holds({ company: 'size', op: 'missing' }, { companies })).toBe(true);
    expect(holds({ company: 'size', op: 'missing' }, {})).toBe(false);
    expect(holds({ company: 'plan', op: 'notEquals', value: 'gold' }, {})).toBe(false);
  });

  it('compares regions and towns in any case, and a region with or without its country', () => {
    const place = () => ({ country: 'US', region: 'ca', city: 'San José' });
    expect(holds({ place: { countries: ['US'], regions: ['US-CA'], cities: ['SAN JOSÉ'] } }, { place })).toBe(true);
    expect(holds({ place: { countries: ['US', 'MX'], cities: ['Tijuana'] } }, { place })).toBe(false);
    expect(holds({ place: { countries: ['US'] } }, {})).toBe(false);
  });

  it('is near only who is known to be, to the very distance', () => {
    const near = { latitude: 48.137154, longitude: 11.576124, km: 505 };
    const place = () => ({ country: 'DE', latitude: 52.520008, longitude: 13.404954 });
    expect(holds({ place: { near } }, { place })).toBe(true);
    expect(holds({ place: { near: { ...near, km: 500 } } }, { place })).toBe(false);
    expect(holds({ place: { near } }, { place: () => ({ country: 'DE' }) })).toBe(false);
  });

  it('asks lists, reach and stages by what they are called', () => {
    const list = `lst_${'0'.repeat(32)}`;
    expect(holds({ list }, { isOnList: (id) => id === list })).toBe(true);
    expect(
      holds({ reachable: { channel: 'sms' } }, { isReachable: (channel, topic) => channel === 'sms' && !topic }),
    ).toBe(true);
    expect(holds({ lifecycle: ['active', 'loyal'] }, { lifecycle: () => 'loyal' })).toBe(true);
    expect(holds({ lifecycle: ['active', 'loyal'] }, {})).toBe(false);
  });
});

import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../platform/json.ts';
import { placeOf } from './place.ts';

const of = (traits: JsonObject, phoneCountry?: string) => placeOf({ traits, phoneCountry });

describe('where a customer is', () => {
  it('is what her address says, before her telephone, her store and her last visit', () => {
    const store = { country: 'AT', city: 'Wien' };
    const location = { country: 'FR', region: 'IDF', city: 'Paris' };
    expect(of({ address: { country: 'DE', city: 'Munich' }, store, location }, 'CH')).toEqual({
      country: 'DE',
      city: 'Munich',
    });
    expect(of({ store, location }, 'CH')).toEqual({ country: 'CH' });
    expect(of({ store, location })).toEqual({ country: 'AT', city: 'Wien' });
    expect(of({ location })).toEqual({ country: 'FR', region: 'IDF', city: 'Paris' });
    expect(of({})).toBeUndefined();
  });

  it('takes town and position from what speaks of the same country, never of another', () => {
    const location = { country: 'DE', region: 'BY', city: 'Augsburg' };
    expect(of({ location }, 'DE')).toEqual({ country: 'DE', region: 'BY', city: 'Augsburg' });
    expect(of({ location }, 'NL')).toEqual({ country: 'NL' });
    expect(of({ latitude: '48.1', longitude: 11.5, location })).toEqual({
      ...location,
      latitude: 48.1,
      longitude: 11.5,
    });
  });

  it('is that of the store she last bought in, where nothing says which store is hers', () => {
    const [lastStore, location] = [{ country: 'DE', city: 'Bonn' }, { country: 'FR' }];
    expect(placeOf({ traits: { location }, phoneCountry: undefined, lastStore })).toEqual(lastStore);
    expect(placeOf({ traits: { location, store: { country: 'NL' } }, phoneCountry: undefined, lastStore })).toEqual({
      country: 'NL',
    });
  });

  it('reads the usual names of fields, and countries by code or English name', () => {
    expect(of({ address: { country: 'germany', state: 'Bavaria', town: ' Munich ' } })).toEqual({
      country: 'DE',
      region: 'Bavaria',
      city: 'Munich',
    });
    expect(of({ home_store: { id: 7, address: { country_code: 'us', province: 'CA' }, lat: 34, lng: -118 } })).toEqual({
      country: 'US',
      region: 'CA',
      latitude: 34,
      longitude: -118,
    });
  });

  it('passes over what is no place', () => {
    expect(of({ address: 'somewhere', country: 12, latitude: 91, longitude: 0 })).toBeUndefined();
    expect(of({ address: { country: 'Atlantis', city: '' } })).toBeUndefined();
  });
});

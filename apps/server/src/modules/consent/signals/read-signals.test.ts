import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../platform/json.ts';
import { decodeSignal, readRawSignals } from './read-signals.ts';

function signals(context: JsonObject, name = 'Product Viewed') {
  return readRawSignals({ type: 'track', name, payload: { context } });
}
const PREFERENCE = 'Segment Consent Preference Updated';

describe('the signals of an event', () => {
  it('are found under each of their usual names', () => {
    for (const name of ['tcfString', 'tcString', 'tcf_string', 'tc_string']) {
      expect(signals({ consent: { [name]: ' CO ' } })).toEqual([{ kind: 'tcf', raw: 'CO' }]);
    }
    for (const name of ['gppString', 'gpp_string', 'gpp']) {
      expect(signals({ consent: { [name]: 'DBAA' } })).toEqual([{ kind: 'gpp', raw: 'DBAA' }]);
    }
    for (const sid of [[7, 8], '7,8', '7_8']) {
      expect(signals({ consent: { gpp: 'DBAA', gpp_sid: sid } })).toEqual([{ kind: 'gpp', raw: 'DBAA 7,8' }]);
    }
    expect(signals({ consent: { gpc: '1' } })).toEqual([{ kind: 'gpc', raw: 'true' }]);
  });

  it('hold categories only where the event is about nothing else', () => {
    const context = { consent: { categoryPreferences: { b: true, a: false, c: 'yes' } } };
    expect(signals(context)).toEqual([]);
    expect(signals(context, PREFERENCE)).toEqual([{ kind: 'categories', raw: '{"a":false,"b":true,"c":false}' }]);
    expect(signals({ consent: {} }, PREFERENCE)).toEqual([]);
    expect(signals({ consent: { categoryPreferences: {} } }, PREFERENCE)).toEqual([{ kind: 'categories', raw: '{}' }]);
  });

  it('are read from RudderStack’s lists, where a denial outweighs', () => {
    const consentManagement = { allowedConsentIds: ['a', 'b'], deniedConsentIds: ['b', 'c'], provider: 'custom' };
    expect(signals({ consentManagement }, PREFERENCE)).toEqual([
      { kind: 'categories', raw: '{"a":true,"b":false,"c":false}' },
    ]);
  });

  it('never throw, whatever a public key sends', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.boolean(), (consent, consentManagement, isPreference) => {
        const context = { consent, consentManagement } as JsonObject;
        for (const signal of signals(context, isPreference ? PREFERENCE : 'Viewed')) {
          const { decoded, error } = decodeSignal(signal);
          expect(decoded === undefined).toBe(error !== undefined);
        }
      }),
      { numRuns: 500 },
    );
  });
});

import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../platform/json.ts';
import { mayReceive } from './consent-filter.ts';

function goes(
  context: JsonObject | undefined,
  categories: string[],
  options: { isAdvertising?: boolean } = {},
): boolean {
  const event = { type: 'track', name: 'Product Viewed', payload: context === undefined ? {} : { context } } as const;
  return mayReceive(event, { categories, isAdvertising: options.isAdvertising ?? false }, undefined);
}
const said = (categoryPreferences: JsonObject): JsonObject => ({ consent: { categoryPreferences } });

describe('a destination mapped to categories of consent', () => {
  it('gets what carries no consent object, or an empty one', () => {
    expect(goes(undefined, ['ad'])).toBe(true);
    expect(goes({}, ['ad'])).toBe(true);
    expect(goes({ consent: {} }, ['ad'])).toBe(true);
  });

  it('gets nothing for preferences that are empty, or silent about its category', () => {
    expect(goes(said({}), ['ad'])).toBe(false);
    expect(goes(said({ analytics: true }), ['ad'])).toBe(false);
    expect(goes(said({ ad: 'true' }), ['ad'])).toBe(false);
    expect(goes(said({ analytics: true }), ['toString'])).toBe(false);
  });

  it('gets what she allowed, and with several categories only what she allowed for each', () => {
    expect(goes(said({ ad: true, analytics: false }), ['ad'])).toBe(true);
    expect(goes(said({ ad: true, analytics: false }), ['ad', 'analytics'])).toBe(false);
    expect(goes(said({ ad: true, analytics: true }), ['ad', 'analytics'])).toBe(true);
  });

  it('that is mapped to none gets everything', () => {
    expect(goes(said({}), [])).toBe(true);
    expect(goes(said({ ad: false }), [])).toBe(true);
  });

  it('is told of every change of the preferences themselves', () => {
    const event = {
      type: 'track',
      name: 'Segment Consent Preference Updated',
      payload: { context: said({ ad: false }) },
    } as const;
    expect(mayReceive(event, { categories: ['ad'], isAdvertising: true }, undefined)).toBe(true);
  });

  it('heeds the lists of RudderStack by their resolution strategy', () => {
    const rudder = (fields: JsonObject): JsonObject => ({ consentManagement: { provider: 'custom', ...fields } });
    const lists = { allowedConsentIds: ['ad'], deniedConsentIds: ['analytics'] };
    expect(goes(rudder({ ...lists, resolutionStrategy: 'and' }), ['ad', 'analytics'])).toBe(false);
    expect(goes(rudder({ ...lists, resolutionStrategy: 'or' }), ['ad', 'analytics'])).toBe(true);
    expect(goes(rudder(lists), ['unheard'])).toBe(false);
    expect(goes(rudder({ deniedConsentIds: ['analytics'] }), ['ad'])).toBe(true);
    expect(goes(rudder({ allowedConsentIds: [], deniedConsentIds: [] }), ['ad'])).toBe(true);
  });

  it('needs both words where both are said', () => {
    const both = { ...said({ ad: true }), consentManagement: { deniedConsentIds: ['ad'] } };
    expect(goes(both, ['ad'])).toBe(false);
  });
});

describe('a destination for advertising', () => {
  it('gets nothing from a browser with Global Privacy Control', () => {
    expect(goes({ consent: { gpc: true } }, [], { isAdvertising: true })).toBe(false);
    expect(goes({ consent: { gpc: false } }, [], { isAdvertising: true })).toBe(true);
    expect(goes({ consent: { gpc: true } }, [])).toBe(true);
    expect(goes({ consent: { gpc: true, categoryPreferences: { ad: true } } }, ['ad'], { isAdvertising: true })).toBe(
      false,
    );
  });
});

describe('a destination that strings of consent platforms speak about', () => {
  const event = { type: 'track', name: 'Product Viewed', payload: {} } as const;
  const optedOut = { isOptedOut: true, purposes: undefined };

  it('for advertising gets nothing of who opted out, and others do', () => {
    expect(mayReceive(event, { categories: [], isAdvertising: true }, optedOut)).toBe(false);
    expect(mayReceive(event, { categories: [], isAdvertising: true }, { ...optedOut, isOptedOut: false })).toBe(true);
    expect(mayReceive(event, { categories: [], isAdvertising: false }, optedOut)).toBe(true);
  });

  it('gets what all its purposes of the TCF are allowed for, and asks the other categories beside them', () => {
    const purposes = (...allowed: number[]) => ({ isOptedOut: false, purposes: new Set(allowed) });
    const demand = { categories: ['tcf:1', 'tcf:4'], isAdvertising: false };
    expect(mayReceive(event, demand, purposes(1, 2, 4))).toBe(true);
    expect(mayReceive(event, demand, purposes(1))).toBe(false);
    expect(mayReceive(event, demand, purposes())).toBe(false);
    expect(mayReceive(event, demand, undefined)).toBe(true);
    const stamped = { ...event, payload: { context: said({ ad: false }) } };
    expect(mayReceive(stamped, { ...demand, categories: ['tcf:1', 'ad'] }, purposes(1))).toBe(false);
    expect(mayReceive(stamped, demand, purposes(1, 4))).toBe(true);
  });
});

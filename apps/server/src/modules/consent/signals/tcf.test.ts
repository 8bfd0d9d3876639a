import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type IdRanges, Malformed } from './bit-reader.ts';
import { decodeTcf, type TcfConsent } from './tcf.ts';
import { encodeTcf } from './testing/encode-tcf.ts';

/** The example of the specification, "How does a URL-based service process the TC string". */
const EXAMPLE =
  'COvFyGBOvFyGBAbAAAENAPCAAOAAAAAAAAAAAEEUACCKAAA.IFoEUQQgAIQwgIwQABAEAAAAOIAACAIAAAAQAIAgEAACEAAAAAgAQBAAAAAAAGBAAgAAAAAAAFAAECAAAgAAQARAEQAAAAAJAAIAAgAAAYQEAAAQmAgBC3ZAYzUw';

function idsOf(ranges: IdRanges | undefined): number[] {
  return (ranges ?? []).flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i));
}

describe('a TC string', () => {
  it('is read as the specification and the IAB libraries read it', () => {
    const read = decodeTcf(EXAMPLE);
    expect(read).toMatchObject({
      version: 2,
      createdAt: '2020-02-20T23:57:39.300Z',
      lastUpdatedAt: '2020-02-20T23:57:39.300Z',
      cmpId: 27,
      cmpVersion: 0,
      consentScreen: 0,
      language: 'EN',
      vendorListVersion: 15,
      policyVersion: 2,
      isServiceSpecific: false,
      purposesConsent: [1, 2, 3],
      purposesLegitimateInterest: [],
      specialFeatureOptIns: [],
      publisherCountry: 'AA',
      publisherRestrictions: [],
    });
    expect(idsOf(read.vendorsConsent)).toEqual([2, 6, 8]);
    expect(idsOf(read.vendorsLegitimateInterest)).toEqual([2, 6, 8]);
    expect(idsOf(read.disclosedVendors).slice(0, 4)).toEqual([2, 6, 8, 12]);
    expect(read.publisher).toBeUndefined();
  });

  it('is read with allowed and disclosed vendors and the publisher’s own purposes', () => {
    const read = decodeTcf(
      'COtybn4PA_zT4KjACBENAPCIAEBAAECAAIAAAAAAAAAA.IBAgAAAgAIAwgAgAAAAEAAAACA.QAagAQAgAIAwgA.cAAAAAAAITg=',
    );
    expect(read).toMatchObject({
      createdAt: '2020-01-26T17:01:00.000Z',
      lastUpdatedAt: '2021-02-02T17:01:00.000Z',
      cmpId: 675,
      cmpVersion: 2,
      consentScreen: 1,
      vendorListVersion: 15,
      purposeOneTreatment: true,
    });
    expect(idsOf(read.disclosedVendors)).toEqual([23, 37, 47, 48, 53, 65, 98, 129]);
    expect(idsOf(read.allowedVendors)).toEqual([12, 23, 37, 47, 48, 53]);
    expect(read.publisher).toMatchObject({ purposesConsent: [1] });
  });

  it('is refused in words, never with another error, whatever it is', () => {
    for (const [text, words] of [
      ['', 'ends too early'],
      ['BOEFEAyOEFEAyAHABDENAI4AAAB9vABAASA', 'version 1'],
      ['COvFyGB!', 'no letter'],
      [`${EXAMPLE}.gAAA`, 'unknown type 4'],
      ['C'.repeat(10_000), 'longer'],
    ] as const) {
      expect(() => decodeTcf(text), text).toThrow(words);
    }
    const letters = fc.string({
      unit: fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~'),
    });
    const hostile = fc.oneof(
      fc.string({ maxLength: 300 }),
      letters,
      letters.map((tail) => `C${tail}`),
      fc.tuple(fc.nat(EXAMPLE.length), letters).map(([at, tail]) => EXAMPLE.slice(0, at) + tail),
    );
    fc.assert(
      fc.property(hostile, (text) => {
        try {
          decodeTcf(text);
        } catch (error) {
          expect(error).toBeInstanceOf(Malformed);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('says after encoding what it said before', () => {
    fc.assert(
      fc.property(arbitraryConsent(), fc.boolean(), (consent, isRange) => {
        expect(decodeTcf(encodeTcf(consent, { isRange }))).toEqual(consent);
      }),
      { numRuns: 300 },
    );
  });
});

function arbitraryConsent(): fc.Arbitrary<TcfConsent> {
  const numbers = (max: number) =>
    fc.uniqueArray(fc.integer({ min: 1, max })).map((ids) => ids.toSorted((a, b) => a - b));
  const vendors = fc
    .uniqueArray(fc.integer({ min: 1, max: 300 }), { minLength: 0, maxLength: 20 })
    .map((ids) => toRanges(ids.toSorted((a, b) => a - b)));
  const instant = fc.integer({ min: 0, max: 2 ** 34 }).map((tenths) => new Date(tenths * 100).toISOString());
  const letters = fc
    .tuple(fc.integer({ min: 65, max: 90 }), fc.integer({ min: 65, max: 90 }))
    .map((codes) => String.fromCharCode(...codes));
  const int = (bits: number) => fc.integer({ min: 0, max: 2 ** bits - 1 });
  return fc.record(
    {
      version: fc.constant(2),
      createdAt: instant,
      lastUpdatedAt: instant,
      cmpId: int(12),
      cmpVersion: int(12),
      consentScreen: int(6),
      language: letters,
      vendorListVersion: int(12),
      policyVersion: int(6),
      isServiceSpecific: fc.boolean(),
      usesNonStandardTexts: fc.boolean(),
      specialFeatureOptIns: numbers(12),
      purposesConsent: numbers(24),
      purposesLegitimateInterest: numbers(24),
      purposeOneTreatment: fc.boolean(),
      publisherCountry: letters,
      vendorsConsent: vendors,
      vendorsLegitimateInterest: vendors,
      publisherRestrictions: fc.array(fc.record({ purpose: int(6), type: int(2), vendors }), { maxLength: 4 }),
      disclosedVendors: vendors,
      publisher: fc.record({
        purposesConsent: numbers(24),
        purposesLegitimateInterest: numbers(24),
        customPurposesConsent: fc.constant([1]),
        customPurposesLegitimateInterest: fc.constant([]),
      }),
    },
    {
      requiredKeys: [
        'version',
        'createdAt',
        'lastUpdatedAt',
        'cmpId',
        'cmpVersion',
        'consentScreen',
        'language',
        'vendorListVersion',
        'policyVersion',
        'isServiceSpecific',
        'usesNonStandardTexts',
        'specialFeatureOptIns',
        'purposesConsent',
        'purposesLegitimateInterest',
        'purposeOneTreatment',
        'publisherCountry',
        'vendorsConsent',
        'vendorsLegitimateInterest',
        'publisherRestrictions',
      ],
    },
  );
}

function toRanges(ids: readonly number[]): IdRanges {
  const ranges: [number, number][] = [];
  for (const id of ids) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === id - 1) last[1] = id;
    else ranges.push([id, id]);
  }
  return ranges;
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Malformed } from './bit-reader.ts';
import { decodeGpp } from './gpp.ts';

describe('a GPP string', () => {
  it('announces its sections as the examples of the specification do', () => {
    const idsOf = (text: string) => decodeGpp(text).sections.map(({ id }) => id);
    expect(idsOf('DBAA')).toEqual([]);
    expect(idsOf('DBABMA~CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA')).toEqual([2]);
    expect(idsOf('DBACNYA~CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA~1YNN')).toEqual([2, 6]);
    expect(
      idsOf(
        'DBACOaw~CPSG_8APSG_8AAAAAAENAACAAAAAAAAAAAAAAAAAAAAA.QAAA.IAAA~CPSG_8APSG_8AAAAAAENAACAAAAAAAAAAAAAAAAA.YAAAAAAAAAA~1---~BAAAAAAAAAA.QA~BAAAAAAA.QA~BAAAAAA~BAAAAAA.QA~BAAAAAAA~BAAAAAAA.QA',
      ),
    ).toEqual([2, 5, 6, 7, 8, 9, 10, 11, 12]);
  });

  it('says what it says beside a section nobody reads, however that is written', () => {
    expect(decodeGpp('DBACTCD~1YNN~{"of": "tomorrow"}').sections).toEqual([
      { id: 6, name: 'uspv1', usPrivacy: '1YNN' },
      { id: 100, name: 'unread' },
    ]);
  });

  it('holds a TC string as its section 2, and the head of the Canadian one as its section 5', () => {
    const text =
      'DBACOeA~CPSG_8APSG_8ANwAAAENAwCAAAAAAAAAAAAAAAAAAAAA.QAAA.IAAA~CPSG_8APSG_8AAyACAENGdCgf_gfgAfgfgBgABABAAABAB4AACAC.fHHHA4444ao~1YNN';
    const { sections } = decodeGpp(text);
    expect(sections[0]).toMatchObject({
      id: 2,
      tcf: { cmpId: 880, vendorListVersion: 48, createdAt: '2022-01-01T00:00:00.000Z' },
    });
    expect(sections[1]).toMatchObject({
      id: 5,
      canada: {
        cmpId: 50,
        cmpVersion: 2,
        vendorListVersion: 413,
        usesNonStandardTexts: true,
        specialFeaturesExpressConsent: [7, 8, 9, 10, 11, 12],
        purposesExpressConsent: [1, 2, 3, 4, 5, 6, 13, 14, 15, 16, 17, 18],
        purposesImpliedConsent: [7, 8, 9, 10, 11, 12, 19, 20, 21, 22, 23, 24],
      },
    });
    expect(sections[2]).toEqual({ id: 6, name: 'uspv1', usPrivacy: '1YNN' });
  });

  it('tells the choices of the nation and the states as the IAB’s own encoder wrote them', () => {
    const choicesOf = (header: string, section: string) => decodeGpp(`${header}~${section}`).sections[0];
    expect(choicesOf('DBABLA', 'BVVVkkkkkpFY.YA')).toMatchObject({
      id: 7,
      name: 'usnat',
      gpc: true,
      choices: {
        sharingNotice: 1,
        saleOptOut: 1,
        targetedAdvertisingOptOut: 1,
        sensitiveDataProcessing: [2, 1, 0, 2, 1, 0, 2, 1, 0, 2, 1, 0, 2, 1, 0, 2],
        knownChildSensitiveDataConsents: [2, 1, 0],
        personalDataConsents: 1,
        mspaCoveredTransaction: 1,
        mspaOptOutOptionMode: 1,
        mspaServiceProviderMode: 2,
      },
    });
    expect(choicesOf('DBABLA', 'BVQqAAAACg')).toMatchObject({
      choices: { saleOptOut: 2, sharingOptOut: 2, targetedAdvertisingOptOut: 2, personalDataConsents: 2 },
    });
    expect(choicesOf('DBABBg', 'BVWSSSVY.YA')).toMatchObject({
      id: 8,
      name: 'usca',
      gpc: true,
      choices: {
        sensitiveDataProcessing: [2, 1, 0, 2, 1, 0, 2, 1, 0],
        knownChildSensitiveDataConsents: [2, 1],
        mspaServiceProviderMode: 2,
      },
    });
    expect(choicesOf('DBABRg', 'BVWSSVY')).toMatchObject({
      id: 9,
      name: 'usva',
      choices: {
        sensitiveDataProcessing: [2, 1, 0, 2, 1, 0, 2, 1],
        knownChildSensitiveDataConsents: 1,
        mspaServiceProviderMode: 2,
      },
    });
    expect(choicesOf('DBABJg', 'BVWSSVg.Y')).toMatchObject({
      id: 10,
      name: 'usco',
      gpc: true,
      choices: { sensitiveDataProcessing: [2, 1, 0, 2, 1, 0, 2], mspaServiceProviderMode: 2 },
    });
    expect(choicesOf('DBABFg', 'BVVkklW')).toMatchObject({
      id: 11,
      name: 'usut',
      choices: {
        sensitiveDataProcessingOptOutNotice: 1,
        sensitiveDataProcessing: [2, 1, 0, 2, 1, 0, 2, 1],
        mspaServiceProviderMode: 2,
      },
    });
    expect(choicesOf('DBABVg', 'BVWSSZFg.YA')).toMatchObject({
      id: 12,
      name: 'usct',
      gpc: true,
      choices: { knownChildSensitiveDataConsents: [2, 1, 0], mspaServiceProviderMode: 2 },
    });
  });

  it('tells the choices of the states of 2025 so too, and takes no word about sensitive data for one about the browser', () => {
    const said = {
      saleOptOutNotice: 1,
      saleOptOut: 1,
      targetedAdvertisingOptOut: 2,
      additionalDataProcessingConsent: 2,
    };
    const read = (text: string) => decodeGpp(text).sections[0];
    expect(read('DBABEYA~BQVo.YA')).toMatchObject({ id: 24, name: 'usmd', version: 1, gpc: true, choices: said });
    for (const [text, id, name, child] of [
      ['DBABUYA~BQVq.YYY', 25, 'usin', 2],
      ['DBABCYA~BQVm.AAA', 26, 'usky', 1],
      ['DBABSYA~BQVq.AAA', 27, 'usri', 2],
    ] as const) {
      const section = read(text);
      expect(section).toMatchObject({ id, name, choices: { ...said, knownChildSensitiveDataConsents: child } });
      expect(section).not.toHaveProperty('gpc');
      expect(decodeGpp(text).optedOut).toMatchObject({ sale: true, gpc: false });
    }
    expect(read('DBABQw~BFYAAAJA.QA')).toMatchObject({
      id: 14,
      choices: { saleOptOut: 1, additionalDataProcessingConsent: 2 },
    });
    expect(read('DBABIYA~BFYAACQA.QA')).toMatchObject({
      id: 23,
      choices: { saleOptOut: 1, additionalDataProcessingConsent: 2 },
    });
    // A draft's header begins with the section's own id: 25 is "Z".
    expect(() => decodeGpp('DBABUYA~ZBAABQVq')).toThrow('a header of its own');
  });

  it('says at a glance what she opted out of', () => {
    expect(decodeGpp('DBABLA~BVVVkkkkkpFY.YA').optedOut).toEqual({
      sale: true,
      sharing: true,
      targetedAdvertising: true,
      gpc: true,
    });
    expect(decodeGpp('DBABLA~BVQqAAAACg').optedOut).toEqual({
      sale: false,
      sharing: false,
      targetedAdvertising: false,
      gpc: false,
    });
    expect(decodeGpp('DBABTA~1YYN').optedOut.sale).toBe(true);
  });

  it('is refused in words, never with another error, whatever it is', () => {
    for (const [text, words] of [
      ['', 'ends too early'],
      ['CPXxRfA', 'does not begin'],
      ['DCAA', 'version 2'],
      ['DBABMA', 'announces 1 sections and holds 0'],
      ['DBABTA~2YNN', 'US Privacy'],
      ['DBABLA~z', 'ends too early'],
    ] as const) {
      expect(() => decodeGpp(text), text).toThrow(words);
    }
    const letters = fc.string({
      unit: fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~'),
    });
    const hostile = fc.oneof(
      fc.string(),
      letters.map((tail) => `DBAB${tail}`),
      letters.map((tail) => `DBACNYA~${tail}~1YNN`),
      fc
        .tuple(fc.constantFrom('DBABLA', 'DBABBg', 'DBABMA', 'DBABzw'), letters)
        .map(([head, tail]) => `${head}~${tail}`),
    );
    fc.assert(
      fc.property(hostile, (text) => {
        try {
          decodeGpp(text);
        } catch (error) {
          expect(error).toBeInstanceOf(Malformed);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

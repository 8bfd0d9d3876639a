import { BitReader, CONSENT_STRING_LENGTH_MAX, type IdRanges, Malformed } from './bit-reader.ts';

/** What a publisher allows vendors for a purpose: 0 nothing, 1 with consent only, 2 with legitimate interest only. */
export interface PublisherRestriction {
  readonly purpose: number;
  readonly type: number;
  readonly vendors: IdRanges;
}

/** The publisher's own purposes. */
export interface PublisherConsent {
  readonly purposesConsent: readonly number[];
  readonly purposesLegitimateInterest: readonly number[];
  readonly customPurposesConsent: readonly number[];
  readonly customPurposesLegitimateInterest: readonly number[];
}

/** A decoded TC string. Purposes and features by their number, vendors in ranges. */
export interface TcfConsent {
  readonly version: number;
  readonly createdAt: string;
  readonly lastUpdatedAt: string;
  readonly cmpId: number;
  readonly cmpVersion: number;
  readonly consentScreen: number;
  readonly language: string;
  readonly vendorListVersion: number;
  readonly policyVersion: number;
  readonly isServiceSpecific: boolean;
  readonly usesNonStandardTexts: boolean;
  readonly specialFeatureOptIns: readonly number[];
  readonly purposesConsent: readonly number[];
  readonly purposesLegitimateInterest: readonly number[];
  readonly purposeOneTreatment: boolean;
  readonly publisherCountry: string;
  readonly vendorsConsent: IdRanges;
  readonly vendorsLegitimateInterest: IdRanges;
  readonly publisherRestrictions: readonly PublisherRestriction[];
  readonly disclosedVendors?: IdRanges;
  readonly allowedVendors?: IdRanges;
  readonly publisher?: PublisherConsent;
}

const VERSION = 2;
const PURPOSES = 24;
const SPECIAL_FEATURES = 12;
const DISCLOSED_VENDORS = 1;
const ALLOWED_VENDORS = 2;
const PUBLISHER_TC = 3;

/**
 * Decodes a TC string of version 2 (TCF 2.0 to 2.3). Source: IAB Tech Lab, "Transparency and Consent String with Global
 * Vendor & CMP List Formats" v2, section "TC String Format". Throws `Malformed`. Pure.
 */
export function decodeTcf(text: string): TcfConsent {
  if (text.length > CONSENT_STRING_LENGTH_MAX) throw new Malformed('is longer than any such string');
  const [core = '', ...segments] = text.split('.');
  return Object.assign(readCore(new BitReader(core)), ...segments.map(readSegment)) as TcfConsent;
}

/** The fields that the strings of Europe and Canada begin with. */
export function readTcfHead(bits: BitReader) {
  const version = bits.int(6);
  return {
    version,
    createdAt: bits.instant(),
    lastUpdatedAt: bits.instant(),
    cmpId: bits.int(12),
    cmpVersion: bits.int(12),
    consentScreen: bits.int(6),
    language: bits.letters(),
    vendorListVersion: bits.int(12),
    policyVersion: bits.int(6),
  };
}

function readCore(bits: BitReader): TcfConsent {
  const head = readTcfHead(bits);
  if (head.version !== VERSION) throw new Malformed(`is of version ${head.version}; only version 2 is read`);
  return {
    ...head,
    isServiceSpecific: bits.bit(),
    usesNonStandardTexts: bits.bit(),
    specialFeatureOptIns: bits.flags(SPECIAL_FEATURES),
    purposesConsent: bits.flags(PURPOSES),
    purposesLegitimateInterest: bits.flags(PURPOSES),
    purposeOneTreatment: bits.bit(),
    publisherCountry: bits.letters(),
    vendorsConsent: readVendors(bits),
    vendorsLegitimateInterest: readVendors(bits),
    publisherRestrictions: readRestrictions(bits),
  };
}

/** Vendors as one bit each or as ranges, whichever was shorter. */
function readVendors(bits: BitReader): IdRanges {
  const idMax = bits.int(16);
  return bits.bit() ? readRanges(bits) : bits.flagRanges(idMax);
}

function readRanges(bits: BitReader): IdRanges {
  const ranges: [number, number][] = [];
  for (let count = bits.int(12); count > 0; count--) {
    const isRange = bits.bit();
    const first = bits.int(16);
    const last = isRange ? bits.int(16) : first;
    if (first === 0 || last < first) throw new Malformed('holds a range of vendors that is none');
    ranges.push([first, last]);
  }
  return ranges;
}

function readRestrictions(bits: BitReader): PublisherRestriction[] {
  const restrictions: PublisherRestriction[] = [];
  for (let count = bits.int(12); count > 0; count--) {
    restrictions.push({ purpose: bits.int(6), type: bits.int(2), vendors: readRanges(bits) });
  }
  return restrictions;
}

function readSegment(text: string): Partial<TcfConsent> {
  const bits = new BitReader(text);
  const type = bits.int(3);
  switch (type) {
    case DISCLOSED_VENDORS:
      return { disclosedVendors: readVendors(bits) };
    case ALLOWED_VENDORS:
      return { allowedVendors: readVendors(bits) };
    case PUBLISHER_TC:
      return { publisher: readPublisher(bits) };
    default:
      throw new Malformed(`holds a segment of the unknown type ${type}`);
  }
}

function readPublisher(bits: BitReader): PublisherConsent {
  const purposesConsent = bits.flags(PURPOSES);
  const purposesLegitimateInterest = bits.flags(PURPOSES);
  const custom = bits.int(6);
  return {
    purposesConsent,
    purposesLegitimateInterest,
    customPurposesConsent: bits.flags(custom),
    customPurposesLegitimateInterest: bits.flags(custom),
  };
}

import type { IdRanges } from '../bit-reader.ts';
import type { PublisherConsent, TcfConsent } from '../tcf.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Writes a TC string as the specification says, bit by bit, to see that reading undoes it. */
export function encodeTcf(consent: TcfConsent, options: { isRange: boolean }): string {
  const core = [
    int(consent.version, 6),
    instant(consent.createdAt),
    instant(consent.lastUpdatedAt),
    int(consent.cmpId, 12),
    int(consent.cmpVersion, 12),
    int(consent.consentScreen, 6),
    letters(consent.language),
    int(consent.vendorListVersion, 12),
    int(consent.policyVersion, 6),
    flag(consent.isServiceSpecific),
    flag(consent.usesNonStandardTexts),
    flags(consent.specialFeatureOptIns, 12),
    flags(consent.purposesConsent, 24),
    flags(consent.purposesLegitimateInterest, 24),
    flag(consent.purposeOneTreatment),
    letters(consent.publisherCountry),
    vendors(consent.vendorsConsent, options),
    vendors(consent.vendorsLegitimateInterest, options),
    int(consent.publisherRestrictions.length, 12),
    ...consent.publisherRestrictions.map((one) => int(one.purpose, 6) + int(one.type, 2) + entries(one.vendors)),
  ].join('');
  const segments = [core];
  if (consent.disclosedVendors !== undefined) segments.push(int(1, 3) + vendors(consent.disclosedVendors, options));
  if (consent.publisher !== undefined) segments.push(int(3, 3) + publisher(consent.publisher));
  return segments.map(toText).join('.');
}

function publisher(own: PublisherConsent): string {
  const custom = Math.max(0, ...own.customPurposesConsent, ...own.customPurposesLegitimateInterest);
  return [
    flags(own.purposesConsent, 24),
    flags(own.purposesLegitimateInterest, 24),
    int(custom, 6),
    flags(own.customPurposesConsent, custom),
    flags(own.customPurposesLegitimateInterest, custom),
  ].join('');
}

function vendors(ranges: IdRanges, { isRange }: { isRange: boolean }): string {
  const idMax = ranges.at(-1)?.[1] ?? 0;
  if (isRange) return int(idMax, 16) + flag(true) + entries(ranges);
  const ids = ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i));
  return int(idMax, 16) + flag(false) + flags(ids, idMax);
}

function entries(ranges: IdRanges): string {
  return (
    int(ranges.length, 12) +
    ranges
      .map(([first, last]) => flag(first !== last) + int(first, 16) + (first === last ? '' : int(last, 16)))
      .join('')
  );
}

function int(value: number, bits: number): string {
  return value.toString(2).padStart(bits, '0');
}

function flag(value: boolean): string {
  return value ? '1' : '0';
}

function flags(ids: readonly number[], count: number): string {
  return Array.from({ length: count }, (_, i) => flag(ids.includes(i + 1))).join('');
}

function instant(iso: string): string {
  return int(Date.parse(iso) / 100, 36);
}

function letters(text: string): string {
  return Array.from(text, (letter) => int(letter.charCodeAt(0) - 65, 6)).join('');
}

function toText(bits: string): string {
  return (bits.match(/.{1,6}/g) ?? []).map((six) => ALPHABET[Number.parseInt(six.padEnd(6, '0'), 2)]).join('');
}

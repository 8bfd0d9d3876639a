import { BitReader, CONSENT_STRING_LENGTH_MAX, Malformed } from './bit-reader.ts';
import { US_NATIONAL_ID, US_NATIONAL_LONG, US_NATIONAL_SHORT, US_STATES, type UsSection } from './gpp-sections.data.ts';
import { decodeTcf, readTcfHead, type TcfConsent } from './tcf.ts';

/** Choices of a US section: 0 not applicable, 1 yes (opted out, no consent), 2 no (did not opt out, consent). */
export type UsChoices = Readonly<Record<string, number | readonly number[]>>;

/** One section of a GPP string. A section nobody here reads is there by its id alone. */
export type GppSection =
  | { readonly id: number; readonly name: 'tcfeuv2'; readonly tcf: TcfConsent }
  | { readonly id: number; readonly name: 'tcfca'; readonly canada: CanadianConsent }
  | { readonly id: number; readonly name: 'uspv1'; readonly usPrivacy: string }
  | {
      readonly id: number;
      readonly name: string;
      readonly version: number;
      readonly choices: UsChoices;
      readonly gpc?: boolean;
    }
  | { readonly id: number; readonly name: 'unread' };

export type CanadianConsent = ReturnType<typeof readTcfHead> & {
  readonly usesNonStandardTexts: boolean;
  readonly specialFeaturesExpressConsent: readonly number[];
  readonly purposesExpressConsent: readonly number[];
  readonly purposesImpliedConsent: readonly number[];
};

/** A decoded GPP string. */
export interface GppConsent {
  readonly version: number;
  readonly sections: readonly GppSection[];
  /** What any of the US sections says she opted out of. */
  readonly optedOut: {
    readonly sale: boolean;
    readonly sharing: boolean;
    readonly targetedAdvertising: boolean;
    readonly gpc: boolean;
  };
}

const HEADER_TYPE = 3;
const VERSION = 1;
const SECTION_ID_MAX = 1_000;
const OPTED_OUT = 1;
const GPC_SEGMENT = 1;
const US_PRIVACY = /^1[YN-]{3}$/;

/**
 * Decodes a GPP string of version 1. Source: IAB Tech Lab, Global Privacy Platform, "Consent String Specification" and the
 * sections' own documents. Read are TCF EU v2 (2), the head of TCF CA (5), US Privacy (6), US national (7) and the states
 * 8 to 27, as the IAB's own encoder writes them: what a draft writes otherwise is refused, not guessed. Throws `Malformed`. Pure.
 */
export function decodeGpp(text: string): GppConsent {
  if (text.length > CONSENT_STRING_LENGTH_MAX) throw new Malformed('is longer than any such string');
  const [header = '', ...parts] = text.split('~');
  const bits = new BitReader(header);
  if (bits.int(6) !== HEADER_TYPE) throw new Malformed('does not begin as a GPP string');
  const version = bits.int(6);
  if (version !== VERSION) throw new Malformed(`is of version ${version}; only version 1 is read`);
  const ids = readSectionIds(bits);
  if (ids.length !== parts.length) {
    throw new Malformed(`announces ${ids.length} sections and holds ${parts.length}`);
  }
  const sections = ids.map((id, index) => decodeSection(id, parts[index]!));
  return { version, sections, optedOut: findOptOuts(sections) };
}

/** Ids as distances in Fibonacci coding, each from the one before. */
function readSectionIds(bits: BitReader): number[] {
  const ids: number[] = [];
  let last = 0;
  for (let count = bits.int(12); count > 0; count--) {
    const isRange = bits.bit();
    const first = last + bits.fibonacci();
    last = isRange ? first + bits.fibonacci() : first;
    if (last > SECTION_ID_MAX) throw new Malformed(`announces the section ${last}, which is none`);
    for (let id = first; id <= last; id++) ids.push(id);
  }
  return ids;
}

function decodeSection(id: number, text: string): GppSection {
  if (id === 2) return { id, name: 'tcfeuv2', tcf: decodeTcf(text) };
  if (id === 5) return { id, name: 'tcfca', canada: readCanada(text) };
  if (id === 6) {
    if (!US_PRIVACY.test(text)) throw new Malformed('holds a US Privacy section that is not like "1YNN"');
    return { id, name: 'uspv1', usPrivacy: text };
  }
  // What nobody reads may be written in whatever way.
  if (id !== US_NATIONAL_ID && !US_STATES.has(id)) return { id, name: 'unread' };
  const [core = '', ...segments] = text.split('.');
  const bits = new BitReader(core);
  return readUsSection({ id, section: US_STATES.get(id) ?? nationalSection(bits.left), bits }, segments);
}

/** The national section grew without a new version number: its length tells. */
function nationalSection(bits: number): UsSection {
  const longBits = 6 + 2 * US_NATIONAL_LONG.fields.reduce((sum, [, count = 1]) => sum + count, 0);
  return bits >= longBits ? US_NATIONAL_LONG : US_NATIONAL_SHORT;
}

function readUsSection(
  { id, section, bits }: { id: number; section: UsSection; bits: BitReader },
  segments: readonly string[],
): GppSection {
  const version = bits.int(6);
  if (version === id) throw new Malformed(`holds the section ${id} with a header of its own, which is not read yet`);
  const choices: Record<string, number | number[]> = {};
  for (const [name, count] of section.fields) {
    choices[name] = count === undefined || count === 1 ? bits.int(2) : bits.ints(count, 2);
  }
  const gpc = (section.isWithoutGpc === true ? [] : segments).map(readGpc).find((value) => value !== undefined);
  return { id, name: section.name, version, choices, ...(gpc !== undefined && { gpc }) };
}

function readGpc(segment: string): boolean | undefined {
  const bits = new BitReader(segment);
  return bits.int(2) === GPC_SEGMENT ? bits.bit() : undefined;
}

function readCanada(text: string): CanadianConsent {
  const bits = new BitReader(text.split('.')[0]!);
  return {
    ...readTcfHead(bits),
    usesNonStandardTexts: bits.bit(),
    specialFeaturesExpressConsent: bits.flags(12),
    purposesExpressConsent: bits.flags(24),
    purposesImpliedConsent: bits.flags(24),
  };
}

function findOptOuts(sections: readonly GppSection[]): GppConsent['optedOut'] {
  const says = (choice: string): boolean =>
    sections.some((section) => 'choices' in section && section.choices[choice] === OPTED_OUT);
  const sold = sections.some((section) => 'usPrivacy' in section && section.usPrivacy[2] === 'Y');
  return {
    sale: sold || says('saleOptOut'),
    sharing: says('sharingOptOut'),
    targetedAdvertising: says('targetedAdvertisingOptOut'),
    gpc: sections.some((section) => 'gpc' in section && section.gpc === true),
  };
}

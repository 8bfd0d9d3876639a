import { isJsonObject, type Json, type JsonObject } from '../../../platform/json.ts';
import { type Folding, foldMerges, type MergeMark, type Placed } from '../fold-merges.ts';
import type { SignalKind } from './read-signals.ts';

/** A TCF or GPP string or GPC as it was sent. */
export interface SaidSignal extends Placed {
  readonly kind: SignalKind;
  /** Undefined when it cannot be read: it may forbid anything. */
  readonly decoded: JsonObject | undefined;
}

/** What signals come to for destinations. */
export interface SignalConsent {
  /** She opted out of sale, sharing or targeted advertising of her data. */
  readonly isOptedOut: boolean;
  /** The purposes of the TCF that are allowed; undefined: no TC string was ever sent. */
  readonly purposes: ReadonlySet<number> | undefined;
}

interface Said<V> {
  readonly at: number;
  readonly value: V;
}

type Purposes = ReadonlySet<number>;

/** The last word of each; a GPP string that is about neither changes nothing. */
interface Standing {
  readonly gpp: Said<boolean> | undefined;
  readonly gpc: Said<boolean> | undefined;
  readonly tcf: Said<Purposes> | undefined;
  /** The TC string in a GPP string. */
  readonly section: Said<Purposes> | undefined;
}

const NOTHING: Standing = { gpp: undefined, gpc: undefined, tcf: undefined, section: undefined };

/**
 * What all signals of a profile come to: of each kind the last by event time, of one instant the more restrictive one, of
 * merged profiles the more restrictive side until something is said after the merge. GPC, GPP and TCF stand beside each
 * other: none takes another back. Pure.
 */
export function weighSignals(
  profileId: string,
  { signals, merges }: { signals: readonly SaidSignal[]; merges: readonly MergeMark[] },
): SignalConsent {
  const { gpp, gpc, tcf, section } = foldMerges(profileId, { words: signals, merges, folding: FOLDING }).standing;
  return { isOptedOut: gpp?.value === true || gpc?.value === true, purposes: common(tcf?.value, section?.value) };
}

/** Only what every one of them allows. Pure. */
export function strictest(all: readonly SignalConsent[]): SignalConsent {
  return {
    isOptedOut: all.some((one) => one.isOptedOut),
    purposes: all.map((one) => one.purposes).reduce(common, undefined),
  };
}

const FOLDING: Folding<SaidSignal, Standing> = {
  empty: NOTHING,
  hear: (base, signals) => signals.reduce(hear, base),
  join: (from, into, merge) => ({
    gpp: restrain([from.gpp, into.gpp], either, merge),
    gpc: restrain([from.gpc, into.gpc], either, merge),
    tcf: restrain([from.tcf, into.tcf], both, merge),
    section: restrain([from.section, into.section], both, merge),
  }),
};

function hear(base: Standing, { kind, decoded, occurredAt: at }: SaidSignal): Standing {
  switch (kind) {
    case 'gpc':
      return { ...base, gpc: last(base.gpc, { at, value: decoded?.['gpc'] === true }, either) };
    case 'tcf':
      return { ...base, tcf: last(base.tcf, { at, value: purposesOf(decoded) }, both) };
    case 'gpp': {
      const isOut = decoded === undefined ? true : optOutOf(decoded);
      const tcf = decoded === undefined ? undefined : tcfSectionOf(decoded);
      return {
        ...base,
        gpp: isOut === undefined ? base.gpp : last(base.gpp, { at, value: isOut }, either),
        section: tcf === undefined ? base.section : last(base.section, { at, value: purposesOf(tcf) }, both),
      };
    }
    case 'categories':
      return base;
  }
}

function last<V>(a: Said<V> | undefined, b: Said<V>, join: (a: V, b: V) => V): Said<V> {
  if (a === undefined || b.at > a.at) return b;
  return b.at === a.at ? { at: a.at, value: join(a.value, b.value) } : a;
}

function restrain<V>(
  sides: readonly (Said<V> | undefined)[],
  join: (a: V, b: V) => V,
  merge: MergeMark,
): Said<V> | undefined {
  const said = sides.filter((side) => side !== undefined);
  if (said.length < 2) return said[0];
  const value = said.map((side) => side.value).reduce((a, b) => join(a, b));
  return { value, at: Math.max(merge.saidAt, ...said.map((side) => side.at)) };
}

function either(a: boolean, b: boolean): boolean {
  return a || b;
}

function both(a: Purposes, b: Purposes): Purposes {
  return new Set([...a].filter((purpose) => b.has(purpose)));
}

/** Who never said anything has no say. */
function common(a: Purposes | undefined, b: Purposes | undefined): Purposes | undefined {
  return a === undefined || b === undefined ? (a ?? b) : both(a, b);
}

/** Purposes that may rest on a legitimate interest. Source: IAB Europe, TCF Policies 4.0 (TCF 2.2): never 1 and 3 to 6. */
const BY_INTEREST: Purposes = new Set([2, 7, 8, 9, 10, 11]);

function purposesOf(tcf: JsonObject | undefined): Purposes {
  const byInterest = numbersOf(tcf?.['purposesLegitimateInterest']).filter((purpose) => BY_INTEREST.has(purpose));
  return new Set([...numbersOf(tcf?.['purposesConsent']), ...byInterest]);
}

function tcfSectionOf(gpp: JsonObject): JsonObject | undefined {
  const found = sectionsOf(gpp).find((section) => isJsonObject(section['tcf']))?.['tcf'];
  return isJsonObject(found) ? found : undefined;
}

const OPT_OUTS = ['saleOptOut', 'sharingOptOut', 'targetedAdvertisingOptOut'];

/** Whether any section about the USA says she opted out; undefined where none says anything of it. */
function optOutOf(gpp: JsonObject): boolean | undefined {
  const said = sectionsOf(gpp).flatMap((section): boolean[] => {
    const choices = isJsonObject(section['choices']) ? section['choices'] : {};
    const made = OPT_OUTS.map((name) => choices[name]).filter((choice) => choice !== undefined && choice !== 0);
    const privacy = section['usPrivacy'];
    const sold = typeof privacy === 'string' && privacy[2] !== '-' ? [privacy[2] === 'Y'] : [];
    return [...made.map((choice) => choice !== DID_NOT), ...sold, ...(section['gpc'] === true ? [true] : [])];
  });
  return said.length === 0 ? undefined : said.includes(true);
}

/** 1 is an opt-out; 3 is no value at all and permits nothing. */
const DID_NOT = 2;

function sectionsOf(gpp: JsonObject): JsonObject[] {
  const sections = gpp['sections'];
  return Array.isArray(sections) ? sections.filter(isJsonObject) : [];
}

function numbersOf(value: Json | undefined): number[] {
  return Array.isArray(value) ? value.filter((one): one is number => typeof one === 'number') : [];
}

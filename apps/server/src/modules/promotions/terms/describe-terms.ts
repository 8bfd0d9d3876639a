import {
  amountInMain,
  COUPON_LANGUAGES,
  type CouponLimits,
  type CouponProducts,
  type CouponTerms,
} from '@segue/contract';
import { COUPON_WORDING, type CouponLanguage } from './wording.data.ts';

/** The terms of a coupon in words. */
export interface CouponText {
  readonly language: CouponLanguage;
  /** What it gives. */
  readonly headline: string;
  /** Every condition, a sentence each. */
  readonly lines: string[];
}

/** The language closest to one that is wished for, like `de-AT`; English where there is none. Pure. */
export function couponLanguage(wished: string): CouponLanguage {
  const short = wished.toLowerCase().split(/[-_]/)[0];
  return COUPON_LANGUAGES.find((language) => language === short) ?? 'en';
}

/**
 * The one text of a coupon's terms: what the API answers, what cards and templates show, and what a till prints. Pure.
 *
 * @example describeTerms({ terms, limits }, { language: 'de', timeZone: 'Europe/Berlin' }).headline // "10 % Rabatt"
 */
export function describeTerms(
  { terms, limits }: { terms: CouponTerms; limits: CouponLimits },
  place: { language: CouponLanguage; timeZone: string },
): CouponText {
  const writer = new Writer(place);
  return { language: place.language, headline: headlineOf(terms, writer), lines: linesOf({ terms, limits }, writer) };
}

type Amounts = readonly { readonly amountMinor: number; readonly currency: string }[];

/** Writes amounts, instants and lists as a language does. */
class Writer {
  readonly words;
  readonly #language: CouponLanguage;
  readonly #timeZone: string;

  constructor({ language, timeZone }: { language: CouponLanguage; timeZone: string }) {
    this.words = COUPON_WORDING[language];
    this.#language = language;
    this.#timeZone = timeZone;
  }

  percent(percent: number): string {
    const style = { style: 'percent', maximumFractionDigits: 2 } as const;
    return new Intl.NumberFormat(this.#language, style).format(percent / 100);
  }

  amounts(amounts: Amounts): string {
    return this.#list(
      amounts.map(({ amountMinor, currency }) =>
        new Intl.NumberFormat(this.#language, {
          style: 'currency',
          currency,
          ...(isWhole(amountMinor, currency) && { maximumFractionDigits: 0 }),
        }).format(amountInMain(amountMinor, currency)),
      ),
      'disjunction',
    );
  }

  instant(iso: string): string {
    const style = { dateStyle: 'long', timeStyle: 'short', timeZone: this.#timeZone } as const;
    return new Intl.DateTimeFormat(this.#language, style).format(new Date(iso));
  }

  names(names: readonly string[]): string {
    return this.#list(names, 'conjunction');
  }

  products(named: CouponProducts): string {
    return this.names(Object.values(named).flat());
  }

  #list(items: readonly string[], type: 'conjunction' | 'disjunction'): string {
    return new Intl.ListFormat(this.#language, { type }).format(items);
  }
}

function isWhole(amountMinor: number, currency: string): boolean {
  return Number.isInteger(amountInMain(amountMinor, currency));
}

function headlineOf({ benefit }: CouponTerms, writer: Writer): string {
  const { words } = writer;
  switch (benefit.kind) {
    case 'percent':
      return words.percent(writer.percent(benefit.percent));
    case 'amount':
      return words.amount(writer.amounts(benefit.amounts));
    case 'free_shipping':
      return words.freeShipping;
    case 'buy_get': {
      const percent = benefit.percent === 100 ? undefined : writer.percent(benefit.percent);
      return words.buyGet({ buy: benefit.buy, get: benefit.get, percent });
    }
  }
}

function linesOf({ terms, limits }: { terms: CouponTerms; limits: CouponLimits }, writer: Writer): string[] {
  const { words } = writer;
  const { benefit } = terms;
  const said = <T>(value: T | undefined | null, say: (value: T) => string) =>
    value === undefined || value === null ? [] : [say(value)];
  return [
    ...said('atMost' in benefit ? benefit.atMost : undefined, (atMost) => words.atMost(writer.amounts(atMost))),
    ...said('gets' in benefit ? benefit.gets : undefined, (gets) => words.gets(writer.products(gets))),
    ...said('times' in benefit ? benefit.times : undefined, (times) => words.times(times)),
    ...said(terms.minimum, (minimum) => words.minimum(writer.amounts(minimum))),
    ...said(terms.only, (only) => words.only(writer.products(only))),
    ...said(terms.except, (except) => words.except(writer.products(except))),
    ...(terms.excludeSale ? [words.excludeSale] : []),
    ...(terms.firstOrderOnly ? [words.firstOrderOnly] : []),
    ...(terms.segments === undefined && terms.notSegments === undefined ? [] : [words.segments]),
    ...(terms.recipientOnly ? [words.recipientOnly] : []),
    ...said(terms.emailDomains, (domains) => words.emailDomains(writer.names(domains))),
    ...said(terms.startsAt, (at) => words.startsAt(writer.instant(at))),
    ...said(terms.expiresAt, (at) => words.expiresAt(writer.instant(at))),
    ...said(terms.channels, (channels) => words.channels(writer.names(channels))),
    ...said(terms.stores, (stores) => words.stores(writer.names(stores))),
    ...said(limits.perProfile, (most) => words.perProfile(most)),
    ...said(limits.total, (most) => words.total(most)),
    terms.stacking.kind === 'exclusive' ? words.exclusive : words.oneOfGroup,
  ];
}

import { z } from 'zod';

/** Beyond this a sum is no longer exact as a number. */
export const AMOUNT_MINOR_MAX = Number.MAX_SAFE_INTEGER;

/**
 * Digits behind the point by ISO 4217 (amendment 176); every other currency has two. What a currency is written with in
 * shops, not how its coins are cut.
 */
const DIGITS: Readonly<Record<string, number>> = {
  BIF: 0,
  CLP: 0,
  DJF: 0,
  GNF: 0,
  ISK: 0,
  JPY: 0,
  KMF: 0,
  KRW: 0,
  PYG: 0,
  RWF: 0,
  UGX: 0,
  UYI: 0,
  VND: 0,
  VUV: 0,
  XAF: 0,
  XOF: 0,
  XPF: 0,
  BHD: 3,
  IQD: 3,
  JOD: 3,
  KWD: 3,
  LYD: 3,
  OMR: 3,
  TND: 3,
  CLF: 4,
  UYW: 4,
};

/** How many minor units make one: 10 to this. */
export function minorDigitsOf(currency: string): number {
  return DIGITS[currency] ?? 2;
}

export const currencySchema = z
  .string({ error: 'give a currency, like "EUR"' })
  .regex(/^[A-Z]{3}$/, { error: 'write the currency as its three capital letters (ISO 4217), like "EUR"' });

export const amountMinorSchema = z
  .int({ error: 'give a whole number of minor units (cents): 1999 for 19.99' })
  .min(0, { error: 'give 0 or more' });

/** An amount in minor units: `{ "amountMinor": 1999, "currency": "EUR" }` is 19.99 EUR. */
export const moneySchema = z
  .strictObject(
    { amountMinor: amountMinorSchema, currency: currencySchema },
    { error: 'give an amount, like { "amountMinor": 1999, "currency": "EUR" }' },
  )
  .meta({ id: 'Money' });
export type Money = z.infer<typeof moneySchema>;

const DECIMAL = /^([+-]?)(\d{1,16})(?:\.(\d{1,18}))?$/;

/**
 * A decimal amount of the main unit as minor units, exactly: `"19.99"` in EUR is 1999, `"500"` in JPY is 500. Digits behind the
 * last minor unit must be zeros. Undefined: it is no such amount. A number counts as it is written.
 */
export function parseAmountMinor(text: string | number, currency: string): number | undefined {
  const match = DECIMAL.exec(typeof text === 'number' ? decimalOf(text) : text.trim());
  if (match === null) return undefined;
  const [, sign, whole = '', fraction = ''] = match;
  const digits = minorDigitsOf(currency);
  if (/[1-9]/.test(fraction.slice(digits))) return undefined;
  const minor = Number(whole + fraction.slice(0, digits).padEnd(digits, '0'));
  if (minor > AMOUNT_MINOR_MAX) return undefined;
  return sign === '-' && minor !== 0 ? -minor : minor;
}

/**
 * A number of the main unit as minor units, rounded half away from zero: for what others computed with binary fractions,
 * like `33.333`. Undefined: it is no amount.
 */
export function roundAmountMinor(amount: number, currency: string): number | undefined {
  if (!Number.isFinite(amount)) return undefined;
  const exact = parseAmountMinor(amount, currency);
  if (exact !== undefined) return exact;
  // By the shortest decimal that is this number: 1.005 * 100 would be 100.49999999999999.
  const scaled = Number(`${decimalOf(Math.abs(amount))}e${minorDigitsOf(currency)}`);
  const minor = Math.round(scaled);
  if (minor > AMOUNT_MINOR_MAX) return undefined;
  return amount < 0 && minor !== 0 ? -minor : minor;
}

function decimalOf(value: number): string {
  const text = String(value);
  return text.includes('e') ? value.toFixed(18).replace(/\.?0+$/, '') : text;
}

/** Minor units as a decimal of the main unit, with all its digits: 1999 in EUR is `"19.99"`, 500 in JPY is `"500"`. */
export function formatAmount(amountMinor: number, currency: string): string {
  const digits = minorDigitsOf(currency);
  const sign = amountMinor < 0 ? '-' : '';
  const text = String(Math.abs(amountMinor)).padStart(digits + 1, '0');
  if (digits === 0) return sign + text;
  return `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/** Minor units as a number of the main unit, as the events of Segment's specification have amounts. */
export function amountInMain(amountMinor: number, currency: string): number {
  return Number(formatAmount(amountMinor, currency));
}

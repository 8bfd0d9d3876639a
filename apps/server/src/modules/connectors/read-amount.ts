import { minorDigitsOf } from '@segue/contract';
import type { Json } from '../../platform/json.ts';

const DECIMAL = /^([+-]?)(\d+)(?:\.(\d+))?$/;

/**
 * A decimal amount in minor units, exact: no float ever holds it. Shops write more digits than the currency has (taxes); the
 * rest is rounded half away from zero. Undefined: no amount. Pure.
 */
export function readAmount(value: Json | undefined, currency: string): number | undefined {
  const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value.trim() : '';
  const match = DECIMAL.exec(text);
  if (match === null) return undefined;
  const [, sign, whole, fraction = ''] = match;
  const digits = minorDigitsOf(currency);
  const kept = BigInt(whole! + fraction.slice(0, digits).padEnd(digits, '0'));
  const minor = Number(kept + (Number(fraction[digits] ?? 0) >= 5 ? 1n : 0n));
  if (!Number.isSafeInteger(minor)) return undefined;
  return sign === '-' && minor !== 0 ? -minor : minor;
}

/** As `readAmount`; nothing said is nothing. */
export function amountOr0(value: Json | undefined, currency: string): number {
  return readAmount(value, currency) ?? 0;
}

/** What one piece costs when so many cost this much together: rounded up, so that what remains is a discount. Pure. */
export function unitPriceOf(totalMinor: number, quantity: number): number {
  return quantity <= 0 ? totalMinor : Math.ceil(totalMinor / quantity);
}

const DECIMAL = /^(-?)(\d{1,12})(?:\.(\d+))?$/;

/** How many digits a currency has behind the point: 2 for EUR, 0 for JPY, 3 for BHD. */
function digitsOf(currency: string): number {
  return new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
}

/** `"199.00"` is 19900; throws when it is no amount of that currency. */
export function toMinor(decimal: string, currency: string): number {
  const digits = digitsOf(currency);
  const [, sign, whole = '', fraction = ''] = DECIMAL.exec(decimal) ?? [];
  if (sign === undefined || /[1-9]/.test(fraction.slice(digits)))
    throw new Error(`${decimal} is no amount of ${currency}`);
  return (sign === '-' ? -1 : 1) * Number(whole + fraction.slice(0, digits).padEnd(digits, '0'));
}

/** 19900 is `"199.00"`. */
export function toDecimal(minor: number, currency: string): string {
  const digits = digitsOf(currency);
  const text = String(Math.abs(minor)).padStart(digits + 1, '0');
  const whole = text.slice(0, text.length - digits);
  return `${minor < 0 ? '-' : ''}${whole}${digits === 0 ? '' : `.${text.slice(-digits)}`}`;
}

/** Parts of `amount` by weight that add up to it exactly: what rounding leaves goes to the largest remainders. */
export function shareOut(amount: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((all, weight) => all + weight, 0);
  if (sum === 0) return weights.map(() => 0);
  const exact = weights.map((weight) => (amount * weight) / sum);
  const parts = exact.map(Math.floor);
  let left = amount - parts.reduce((all, part) => all + part, 0);
  const order = exact.map((_, at) => at).sort((a, b) => rest(exact, b) - rest(exact, a) || a - b);
  for (const at of order) {
    if (left === 0) break;
    parts[at] = (parts[at] ?? 0) + 1;
    left--;
  }
  return parts;
}

function rest(exact: readonly number[], at: number): number {
  const value = exact[at] ?? 0;
  return value - Math.floor(value);
}

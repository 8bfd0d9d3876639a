/**
 * Divides a sum over parts in proportion to their weights, to the minor unit and exactly: every part gets its share rounded
 * down, and what is left goes one by one to the largest remainders (the method of Hamilton), equal ones in their order. With
 * `total` no larger than the sum of the weights no part is more than its weight. Pure.
 */
export function allocate(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((all, weight) => all + BigInt(weight), 0n);
  if (sum === 0n || total === 0) return weights.map(() => 0);
  const products = weights.map((weight) => BigInt(total) * BigInt(weight));
  const shares = products.map((product) => Number(product / sum));
  let rest = total - shares.reduce((all, share) => all + share, 0);
  const places = products
    .map((product, place) => ({ place, remainder: product % sum }))
    .sort((a, b) => (a.remainder === b.remainder ? a.place - b.place : a.remainder > b.remainder ? -1 : 1));
  for (const { place } of places) {
    if (rest === 0) break;
    shares[place] = shares[place]! + 1;
    rest -= 1;
  }
  return shares;
}

/** So many percent of an amount, to the hundredth of a percent, rounded half up to the minor unit. Pure. */
export function percentOf(amountMinor: number, percent: number): number {
  const hundredths = BigInt(Math.round(percent * 100));
  return Number((BigInt(amountMinor) * hundredths + 5_000n) / 10_000n);
}

const SHORT_MAX = 7;
const ANSWERS_MAX = 3;

/** Letters typed wrong, left out, added or swapped with the next (optimal string alignment). Pure. */
export function typingDistance(left: string, right: string): number {
  const a = Array.from(left);
  const b = Array.from(right);
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, n) => n);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const isSame = a[i - 1] === b[j - 1];
      let cost = Math.min(row[j - 1]! + 1, last[j]! + 1, last[j - 1]! + (isSame ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, before[j - 2]! + 1);
      row.push(cost);
    }
    before = last;
    last = row;
  }
  return last[b.length]!;
}

/** Of four to seven letters one may be wrong, of more two; a shorter word, or one with digits, is meant as it is. Pure. */
export function mayBeMistyped(word: string): boolean {
  return Array.from(word).length >= 4 && !/\p{Number}/u.test(word);
}

/** What somebody who typed `word` may have meant, a whole word or the beginning of one: the nearest alone. Pure. */
export function nearestWords(word: string, candidates: readonly string[]): string[] {
  const length = Array.from(word).length;
  const faultsMax = length <= SHORT_MAX ? 1 : 2;
  const found = candidates.map((candidate) => {
    const beginning = Array.from(candidate).slice(0, length).join('');
    const whole = typingDistance(word, candidate);
    return { candidate, faults: Math.min(whole, typingDistance(word, beginning)), whole };
  });
  const least = Math.min(...found.map(({ faults }) => faults));
  if (least > faultsMax) return [];
  return found
    .filter(({ faults }) => faults === least)
    .sort((a, b) => a.whole - b.whole || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, ANSWERS_MAX)
    .map(({ candidate }) => candidate);
}

/**
 * Whether a map of instants to roles (bit i: step i; bit (steps + i): what must not come before step i) holds a whole sequence.
 * All its instants lie in the window, so the sequence does.
 *
 * Goes over the instants once, oldest first, and keeps of each step when it was last done as the end of a sequence up to it:
 * the latest is the nearest for a limit of time and the last that something between could rule out. An instant's events are
 * judged by what was before it. State: for each step the time it was last done and the last of what must not come before it,
 * 0 where there was none.
 */
export function sequenceSql(instants: string, withinMs: readonly number[]): string {
  const steps = withinMs.length;
  const at = 'x.1';
  const has = (bit: number): string => `bitTest(x.2, ${bit})`;
  const done = withinMs.map((limitMs, step) => {
    if (step === 0) return `if(${has(0)}, ${at}, a.1)`;
    const before = `a.${step}`;
    const conditions = [
      has(step),
      `${before} > 0`,
      ...(Number.isFinite(limitMs) ? [`${at} - ${before} <= ${limitMs}`] : []),
      // Strictly between the step before and this one.
      `a.${steps + step + 1} <= ${before}`,
    ];
    return `if(${conditions.join(' and ')}, ${at}, a.${step + 1})`;
  });
  const banned = withinMs.map((_, step) => `if(${has(steps + step)}, ${at}, a.${steps + step + 1})`);
  const nothing = `(${[...done, ...banned].map(() => 'toInt64(0)').join(', ')})`;
  const all = `arraySort(arrayZip(mapKeys(${instants}), mapValues(${instants})))`;
  return `(arrayFold((a, x) -> (${[...done, ...banned].join(', ')}), ${all}, ${nothing}).${steps} > 0)`;
}

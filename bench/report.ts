/** One measured figure beside the bare engine's limit from the same run. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What the bare engine does with the same data; null where there is no such thing. */
  readonly limit: number | null;
  readonly ratio: number | null;
  readonly target: string | null;
  readonly met: boolean | null;
}

export function figure(options: {
  name: string;
  value: number;
  unit: string;
  limit?: number;
  target?: { text: string; met: (value: number, ratio: number | null) => boolean };
}): Figure {
  const ratio = options.limit === undefined ? null : round(options.value / options.limit, 3);
  return {
    name: options.name,
    value: round(options.value, 1),
    unit: options.unit,
    limit: options.limit === undefined ? null : round(options.limit, 1),
    ratio,
    target: options.target?.text ?? null,
    met: options.target?.met(options.value, ratio) ?? null,
  };
}

/** A table for people; with `--json` one line for machines after it. A missed target is a figure, not a failure. */
export function report(bench: string, figures: readonly Figure[]): void {
  for (const f of figures) {
    const beside = f.limit === null ? '' : `  (bare engine ${f.limit} ${f.unit}, ratio ${f.ratio})`;
    const verdict = f.target === null ? '' : `  ${f.met === true ? 'met' : 'MISSED'}: ${f.target}`;
    console.log(`${f.name.padEnd(28)} ${String(f.value).padStart(10)} ${f.unit}${beside}${verdict}`);
  }
  if (process.argv.includes('--json')) console.log(JSON.stringify({ bench, figures }));
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

/** The value below which the share `p` of the samples lies. */
export function percentile(samples: readonly number[], p: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] ?? Number.NaN;
}

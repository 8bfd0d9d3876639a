const factor = Number(process.env.PROPERTY_RUNS ?? 1);

/** How often a property runs: `usually`, or as many times more as PROPERTY_RUNS says (the long suite sets it). */
export function propertyRuns(usually: number): number {
  return usually * factor;
}

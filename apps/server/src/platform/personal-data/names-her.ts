/** A shorter value is found only as a whole JSON text: `7` stands in everything. */
const PLAIN_LENGTH_MIN = 6;

/** Whether a text speaks of somebody with one of these identifiers, however it is spelled in upper and lower case. */
export function namesHer(text: string, values: readonly string[]): boolean {
  const lower = text.toLowerCase();
  return values.some((value) => {
    const written = JSON.stringify(value.toLowerCase());
    return lower.includes(value.length < PLAIN_LENGTH_MIN ? written : written.slice(1, -1));
  });
}

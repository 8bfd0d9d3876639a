/** One thing looked at. */
export interface Finding {
  readonly name: string;
  readonly status: 'ok' | 'warn' | 'fail';
  readonly text: string;
  /** What to do; always there unless it is well. */
  readonly remedy?: string;
}

export const ok = (text: string): Judgement => ({ status: 'ok', text });
export const warn = (text: string, remedy: string): Judgement => ({ status: 'warn', text, remedy });
export const fail = (text: string, remedy: string): Judgement => ({ status: 'fail', text, remedy });

export type Judgement = Omit<Finding, 'name'>;

/** Runs one check; what it throws is a failure with this remedy. */
export async function examine(
  name: string,
  check: () => Promise<Judgement> | Judgement,
  remedy: string,
): Promise<Finding> {
  try {
    return { name, ...(await check()) };
  } catch (error) {
    return { name, ...fail(describe(error), remedy) };
  }
}

/** Errors of several addresses at once have an empty message of their own. */
function describe(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return describe(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}

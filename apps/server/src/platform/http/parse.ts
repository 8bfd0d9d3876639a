import { findFaults, inPlainWords } from '@segue/contract';
import type { z } from 'zod';
import { AppError } from '../errors.ts';

/** Parses what a caller sent; what does not fit is one `invalid` that names every field at fault. */
export function parseInput<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const parsed = schema.safeParse(input, { error: inPlainWords });
  if (parsed.success) return parsed.data;
  throw new AppError('invalid', 'The request does not fit', {
    details: findFaults(parsed.error.issues).map(({ path, message }) => ({ field: fieldPath(path), message })),
  });
}

function fieldPath(path: readonly PropertyKey[]): string {
  let text = '';
  for (const part of path) text += typeof part === 'number' ? `[${part}]` : `${text === '' ? '' : '.'}${String(part)}`;
  return text;
}

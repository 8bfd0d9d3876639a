import { AppError } from '../../platform/errors.ts';

/** What it makes, or why it is refused: one of many must not stop the others. */
export function refusedOr<T>(make: () => T): T | AppError {
  try {
    return make();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}

export function isClear<T>(one: T | AppError): one is T {
  return !(one instanceof AppError);
}

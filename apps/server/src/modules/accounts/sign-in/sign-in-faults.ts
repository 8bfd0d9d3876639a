import { AppError, type ErrorDetail } from '../../../platform/errors.ts';

/** The one answer to a wrong password, an unknown address and a locked one: none can be told from another. */
export function wrongPassword(): AppError {
  return new AppError('unauthenticated', 'The email address or the password is wrong', {
    details: [
      { field: 'password', message: 'check both, or reset the password; after many wrong ones wait 15 minutes' },
    ],
  });
}

const notSignedIn = () =>
  new AppError('unauthenticated', 'You are not signed in', {
    details: [{ field: '', message: 'sign in again' }],
  });

const detail = (field: string, message: string): { details: ErrorDetail[] } => ({ details: [{ field, message }] });

const wrongCode = () =>
  new AppError(
    'unauthenticated',
    'The code is wrong',
    detail('code', 'give the code your app shows now, or a backup code that was not used'),
  );
const startAgain = () =>
  new AppError('unauthenticated', 'This sign-in has ended', detail('', 'sign in with your password again'));

/** What the library says, by its code, in our words. */
const FAULTS: Readonly<Record<string, () => AppError>> = {
  INVALID_EMAIL_OR_PASSWORD: wrongPassword,
  INVALID_EMAIL: wrongPassword,
  UNAUTHORIZED: notSignedIn,
  FAILED_TO_GET_SESSION: notSignedIn,
  SESSION_EXPIRED: notSignedIn,
  SESSION_NOT_FRESH: notSignedIn,
  INVALID_PASSWORD: () =>
    new AppError(
      'invalid',
      'The password is wrong',
      detail('password', 'give the password you sign in with; after many wrong ones wait 15 minutes'),
    ),
  INVALID_TOKEN: () =>
    new AppError(
      'invalid',
      'This link was used or has expired',
      detail('token', 'ask for a new link and use it within an hour'),
    ),
  INVALID_CODE: wrongCode,
  INVALID_BACKUP_CODE: wrongCode,
  INVALID_TWO_FACTOR_COOKIE: startAgain,
  TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE: startAgain,
  ACCOUNT_TEMPORARILY_LOCKED: () =>
    new AppError('rate_limited', 'Too many wrong codes', {
      retryAfterSeconds: 900,
      ...detail('code', 'wait 15 minutes, then sign in again'),
    }),
  TOTP_ALREADY_ENABLED: () =>
    new AppError('conflict', 'The second step is on already', detail('', 'turn it off first to set it up anew')),
  TOTP_NOT_ENABLED: () => new AppError('conflict', 'The second step is not set up', detail('', 'set it up first')),
  TWO_FACTOR_NOT_ENABLED: () =>
    new AppError('conflict', 'The second step is not set up', detail('', 'set it up first')),
  BACKUP_CODES_NOT_ENABLED: () =>
    new AppError('conflict', 'There are no backup codes', detail('', 'set up the second step first')),
};

/** The library's refusal as ours; a code it never gave before by its status alone. */
export function toSignInFault(status: number, code: unknown): AppError {
  const known = typeof code === 'string' ? FAULTS[code] : undefined;
  if (known !== undefined) return known();
  if (status === 401) return notSignedIn();
  if (status === 403) return new AppError('forbidden', 'This is not allowed', detail('', 'sign in again'));
  if (status === 429) return new AppError('rate_limited', 'Too many calls', { retryAfterSeconds: 60 });
  if (status >= 500) throw new Error(`the sign-in library answered ${status}`);
  return new AppError('invalid', 'This could not be done', detail('', 'reload the page and try again'));
}

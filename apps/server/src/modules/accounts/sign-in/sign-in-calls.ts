import { z } from 'zod';
import { PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN } from './sign-in-library.ts';
import { MAIL_RATE, type RateRule, SIGN_IN_RATE } from './lockout.ts';

export const emailSchema = z
  .string({ error: 'give the email address' })
  .trim()
  .toLowerCase()
  .pipe(
    z.email({ error: 'give an email address like ada@shop.example' }).max(254, { error: 'give a shorter address' }),
  );

const givenPassword = z
  .string({ error: 'give the password' })
  .min(1, { error: 'give the password' })
  .max(PASSWORD_CHARS_MAX, { error: `a password has at most ${PASSWORD_CHARS_MAX} characters` });

export const newPasswordSchema = z
  .string({ error: 'choose a password' })
  .min(PASSWORD_CHARS_MIN, { error: `choose a password of at least ${PASSWORD_CHARS_MIN} characters` })
  .max(PASSWORD_CHARS_MAX, { error: `choose a password of at most ${PASSWORD_CHARS_MAX} characters` });

const code = z
  .string({ error: 'give the code' })
  .trim()
  .min(6, { error: 'give the whole code' })
  .max(20, { error: 'give one code' });

/** One call of the sign-in library that we let through, and what we take for it. */
export interface SignInCall {
  readonly path: string;
  readonly body: z.ZodType<Record<string, unknown>>;
  readonly rate: RateRule;
  /** What the library is asked beyond what the caller said. */
  readonly adds?: Readonly<Record<string, unknown>>;
  /** What the audit calls it when it succeeds; absent when that depends. */
  readonly action?: string;
}

/** Every other path of the library is shut. */
export const SIGN_IN_CALLS = [
  {
    path: '/sign-in/email',
    body: z.strictObject({ email: emailSchema, password: givenPassword, rememberMe: z.boolean().optional() }),
    rate: SIGN_IN_RATE,
  },
  { path: '/sign-out', body: z.strictObject({}), rate: SIGN_IN_RATE, action: 'login.signed_out' },
  { path: '/two-factor/verify-totp', body: z.strictObject({ code }), rate: SIGN_IN_RATE },
  {
    path: '/two-factor/verify-backup-code',
    body: z.strictObject({ code }),
    rate: SIGN_IN_RATE,
    action: 'login.backup_code_used',
  },
  {
    path: '/two-factor/enable',
    body: z.strictObject({ password: givenPassword }),
    rate: SIGN_IN_RATE,
    action: 'login.totp_begun',
  },
  {
    path: '/two-factor/disable',
    body: z.strictObject({ password: givenPassword }),
    rate: SIGN_IN_RATE,
    action: 'login.totp_disabled',
  },
  {
    path: '/two-factor/generate-backup-codes',
    body: z.strictObject({ password: givenPassword }),
    rate: SIGN_IN_RATE,
    action: 'login.backup_codes_made',
  },
  {
    path: '/change-password',
    body: z.strictObject({ currentPassword: givenPassword, newPassword: newPasswordSchema }),
    rate: SIGN_IN_RATE,
    adds: { revokeOtherSessions: true },
    action: 'login.password_changed',
  },
  { path: '/request-password-reset', body: z.strictObject({ email: emailSchema }), rate: MAIL_RATE },
  {
    path: '/reset-password',
    body: z.strictObject({
      token: z.string({ error: 'give the token of the link' }).min(1).max(200),
      newPassword: newPasswordSchema,
    }),
    rate: SIGN_IN_RATE,
  },
] as const satisfies readonly SignInCall[];

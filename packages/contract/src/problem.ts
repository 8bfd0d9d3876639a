import { z } from 'zod';

export const ERROR_CODES = [
  'invalid',
  'unauthenticated',
  'forbidden',
  'not_found',
  'conflict',
  'too_large',
  'rate_limited',
  'unavailable',
  'internal',
] as const;

/** How every error leaves: RFC 9457 `application/problem+json`, with the fields at fault and what to do about each. */
export const problemSchema = z.object({
  type: z.literal('about:blank'),
  title: z.string().describe('What went wrong, in a sentence'),
  status: z.int(),
  code: z.enum(ERROR_CODES),
  detail: z.string().optional(),
  requestId: z.string().describe('Also in the header X-Request-Id; name it when you ask what happened'),
  errors: z
    .array(
      z.object({
        field: z.string().describe('Path of the field at fault, "" for the whole request'),
        message: z.string().describe('What is wrong and what to do about it'),
      }),
    )
    .optional(),
});
export type Problem = z.infer<typeof problemSchema>;

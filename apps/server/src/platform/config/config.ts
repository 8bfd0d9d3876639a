import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { ScaledClockSettings } from '../clock/index.ts';
import type { LogLevel } from '../logger/index.ts';

/** Everything the environment decides, read once. */
export interface Config {
  readonly port: number;
  readonly host: string;
  readonly publicUrl: string;
  readonly dataDir: string;
  readonly postgresUrl: string | undefined;
  readonly clickhouseUrl: string | undefined;
  readonly roles: readonly Role[];
  readonly apiKey: string | undefined;
  readonly writeKey: string | undefined;
  /** Undefined: kept in the data folder. */
  readonly secret: string | undefined;
  readonly smtpUrl: string | undefined;
  readonly mailFrom: string;
  readonly clock: ScaledClockSettings | undefined;
  readonly logLevel: LogLevel;
}

export type Role = 'api' | 'worker';

const given = (schema: z.ZodType<string>) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional());
const url = (protocols: readonly string[]) =>
  z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol), {
    message: `must be a URL that starts with ${protocols.map((p) => `${p}//`).join(' or ')}`,
  });

const environment = z.object({
  SEGUE_PORT: z.coerce.number().int().min(0).max(65_535).default(4100),
  SEGUE_HOST: z.string().default('127.0.0.1'),
  SEGUE_PUBLIC_URL: given(url(['http:', 'https:'])),
  SEGUE_DATA_DIR: z.string().default('./data'),
  SEGUE_POSTGRES_URL: given(url(['postgres:', 'postgresql:'])),
  SEGUE_CLICKHOUSE_URL: given(url(['http:', 'https:'])),
  SEGUE_ROLES: z
    .string()
    .default('api,worker')
    .transform((text) => text.split(',').map((role) => role.trim()))
    .pipe(z.array(z.enum(['api', 'worker'])).min(1)),
  SEGUE_API_KEY: given(z.string().min(8)),
  SEGUE_WRITE_KEY: given(z.string().min(1)),
  SEGUE_SECRET: given(z.string().min(16)),
  SEGUE_SMTP_URL: given(url(['smtp:', 'smtps:'])),
  SEGUE_MAIL_FROM: z.string().default('Shop <shop@example.com>'),
  SEGUE_CLOCK: given(z.string()),
  SEGUE_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
});

const clockSettings = z.object({ scale: z.number().positive(), realStartMs: z.number(), virtualStartMs: z.number() });

export class ConfigError extends Error {}

/** Reads the environment; every wrong or missing name is listed at once. */
export function readConfig(env: Readonly<Record<string, string | undefined>> = process.env): Config {
  const parsed = environment.safeParse(env);
  if (!parsed.success) {
    throw new ConfigError(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n'));
  }
  const values = parsed.data;
  return {
    port: values.SEGUE_PORT,
    host: values.SEGUE_HOST,
    publicUrl: (values.SEGUE_PUBLIC_URL ?? `http://127.0.0.1:${values.SEGUE_PORT}`).replace(/\/$/, ''),
    dataDir: resolve(values.SEGUE_DATA_DIR),
    postgresUrl: values.SEGUE_POSTGRES_URL,
    clickhouseUrl: values.SEGUE_CLICKHOUSE_URL,
    roles: values.SEGUE_ROLES,
    apiKey: values.SEGUE_API_KEY,
    writeKey: values.SEGUE_WRITE_KEY,
    secret: values.SEGUE_SECRET,
    smtpUrl: values.SEGUE_SMTP_URL,
    mailFrom: values.SEGUE_MAIL_FROM,
    clock: readClock(values.SEGUE_CLOCK),
    logLevel: values.SEGUE_LOG_LEVEL,
  };
}

function readClock(text: string | undefined): ScaledClockSettings | undefined {
  if (text === undefined) return undefined;
  try {
    return clockSettings.parse(JSON.parse(text));
  } catch {
    throw new ConfigError(
      'SEGUE_CLOCK: must be JSON like {"scale":60,"realStartMs":…,"virtualStartMs":…}, or left out for real time',
    );
  }
}

export function secretFile(dataDir: string): string {
  return join(dataDir, 'secret');
}

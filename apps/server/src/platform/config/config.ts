import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { ScaledClockSettings } from '../clock/index.ts';
import { LOG_LEVELS, type LogLevel } from '../logger/index.ts';
import { parseTrustProxy, type TrustProxy } from './trust-proxy.ts';
import { isNetwork } from '../outbound/index.ts';

/** Everything the environment decides, read once. */
export interface Config {
  readonly port: number;
  readonly host: string;
  readonly publicUrl: string;
  /** The same, where the operator gave it. */
  readonly givenPublicUrl: string | undefined;
  /** Whose word about the connection before theirs is believed; undefined: nobody's. */
  readonly trustProxy: TrustProxy | undefined;
  /** A file in MaxMind's format that says where an address is. */
  readonly geoIpDb: string | undefined;
  /** Of one workspace, in this process; 0: any number. */
  readonly intakeEventsPerSecondMax: number;
  readonly dataDir: string;
  readonly postgresUrl: string | undefined;
  readonly clickhouseUrl: string | undefined;
  readonly roles: readonly Role[];
  readonly apiKey: string | undefined;
  readonly writeKey: string | undefined;
  /** Whom the first start makes the owner; undefined: made up and printed once. */
  readonly adminEmail: string | undefined;
  readonly adminPassword: string | undefined;
  /** Undefined: kept in the data folder. */
  readonly secret: string | undefined;
  readonly smtpUrl: string | undefined;
  /** Networks beyond the public internet that webhooks and connectors may call, as CIDRs. */
  readonly outboundAllow: readonly string[];
  readonly mailFrom: string;
  readonly clock: ScaledClockSettings | undefined;
  readonly logLevel: LogLevel;
  /** A line for each request. */
  readonly accessLog: boolean;
  /** A listener of its own for `/metrics` and `/api/health`; undefined: none. */
  readonly metricsPort: number | undefined;
  readonly metricsHost: string;
  /** What a reader of the metrics sends as bearer token. */
  readonly metricsToken: string | undefined;
  /** How long it still serves, and says that it is leaving, after it was asked to stop. */
  readonly drainMs: number;
  /** How long stopping may take after that. */
  readonly stopTimeoutMs: number;
}

export type Role = 'api' | 'worker';

const emptyIsAbsent = (value: unknown) => (value === '' ? undefined : value);
const given = (schema: z.ZodType<string>) => z.preprocess(emptyIsAbsent, schema.optional());
const url = (protocols: readonly string[]) =>
  z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol), {
    message: `must be a URL that starts with ${protocols.map((p) => `${p}//`).join(' or ')}`,
  });

export const environment = z.object({
  SEGUE_PORT: z.coerce.number().int().min(0).max(65_535).default(4100),
  SEGUE_HOST: z.string().default('127.0.0.1'),
  SEGUE_PUBLIC_URL: given(url(['http:', 'https:'])),
  SEGUE_TRUST_PROXY: given(
    z.string().refine((text) => parseTrustProxy(text) !== undefined, {
      message: 'must be how many proxies stand before the server, or their addresses and networks: 10.0.0.0/8,loopback',
    }),
  ),
  SEGUE_GEOIP_DB: given(z.string()),
  SEGUE_INTAKE_EVENTS_PER_SECOND: z.coerce.number().int().min(0).default(50_000),
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
  SEGUE_ADMIN_EMAIL: given(z.email()),
  SEGUE_ADMIN_PASSWORD: given(z.string().min(10).max(200)),
  SEGUE_SECRET: given(z.string().min(16)),
  SEGUE_SMTP_URL: given(url(['smtp:', 'smtps:'])),
  SEGUE_OUTBOUND_ALLOW: z
    .string()
    .default('')
    .transform((text) => text.split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim()])))
    .pipe(z.array(z.string().refine(isNetwork, { message: 'must be networks like 10.1.0.0/16, with commas between' }))),
  SEGUE_MAIL_FROM: z.string().default('Shop <shop@example.com>'),
  SEGUE_CLOCK: given(z.string()),
  SEGUE_LOG_LEVEL: z.enum(LOG_LEVELS).default('info'),
  SEGUE_ACCESS_LOG: z.enum(['0', '1']).default('0'),
  SEGUE_METRICS_PORT: z.preprocess(emptyIsAbsent, z.coerce.number().int().min(0).max(65_535).optional()),
  SEGUE_METRICS_HOST: z.string().default('127.0.0.1'),
  SEGUE_METRICS_TOKEN: given(z.string().regex(/^\S{16,}$/, 'must be 16 characters or more, without spaces')),
  SEGUE_DRAIN_MS: z.coerce.number().int().min(0).max(600_000).default(0),
  SEGUE_STOP_TIMEOUT_MS: z.coerce.number().int().min(1_000).max(600_000).default(25_000),
});

/** A process without HTTP of its own must be looked after all the same. */
const METRICS_PORT_OF_WORKERS = 4190;

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
    givenPublicUrl: values.SEGUE_PUBLIC_URL?.replace(/\/+$/, ''),
    trustProxy: values.SEGUE_TRUST_PROXY === undefined ? undefined : parseTrustProxy(values.SEGUE_TRUST_PROXY),
    geoIpDb: values.SEGUE_GEOIP_DB,
    intakeEventsPerSecondMax: values.SEGUE_INTAKE_EVENTS_PER_SECOND,
    dataDir: resolve(values.SEGUE_DATA_DIR),
    postgresUrl: values.SEGUE_POSTGRES_URL,
    clickhouseUrl: values.SEGUE_CLICKHOUSE_URL,
    roles: values.SEGUE_ROLES,
    apiKey: values.SEGUE_API_KEY,
    writeKey: values.SEGUE_WRITE_KEY,
    adminEmail: values.SEGUE_ADMIN_EMAIL,
    adminPassword: values.SEGUE_ADMIN_PASSWORD,
    secret: values.SEGUE_SECRET,
    smtpUrl: values.SEGUE_SMTP_URL,
    mailFrom: values.SEGUE_MAIL_FROM,
    outboundAllow: values.SEGUE_OUTBOUND_ALLOW,
    clock: readClock(values.SEGUE_CLOCK),
    logLevel: values.SEGUE_LOG_LEVEL,
    accessLog: values.SEGUE_ACCESS_LOG === '1',
    metricsPort:
      values.SEGUE_METRICS_PORT ?? (values.SEGUE_ROLES.includes('api') ? undefined : METRICS_PORT_OF_WORKERS),
    metricsHost: values.SEGUE_METRICS_HOST,
    metricsToken: values.SEGUE_METRICS_TOKEN,
    drainMs: values.SEGUE_DRAIN_MS,
    stopTimeoutMs: values.SEGUE_STOP_TIMEOUT_MS,
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

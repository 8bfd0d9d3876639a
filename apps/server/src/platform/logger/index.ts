import { pino, stdSerializers } from 'pino';

/** Structured log lines on stdout. Never log an identifier, a trait or a secret. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export function createLogger(level: LogLevel): Logger {
  return pino({ level, base: null, serializers: { error: stdSerializers.err } });
}

import { type DestinationStream, pino } from 'pino';
import { redactFields } from './redact-fields.ts';
import { redactText } from './redact-text.ts';

/**
 * Log lines on stdout, one JSON object each: `time` (ISO 8601, UTC), `level`, `message`, `fields`. Never log an
 * identifier, a trait or a secret; what is logged all the same is taken out by its name and by its looks.
 */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export function createLogger(level: LogLevel, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    messageKey: 'message',
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const sink = destination === undefined ? pino(options) : pino(options, destination);
  const at = (name: Exclude<LogLevel, 'silent'>) => (fields: object, message: string) => {
    if (sink.isLevelEnabled(name)) sink[name]({ fields: redactFields(fields) }, redactText(message));
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

export { createLogger, LOG_LEVELS, type Logger, type LogLevel } from './logger.ts';
export { redactText } from './redact-text.ts';

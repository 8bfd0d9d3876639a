import { redactText } from './redact-text.ts';

const CAUSES_MAX = 5;
const MESSAGE_CHARS_MAX = 1_000;
const FRAMES_MAX = 20;

/** What of an error may be written. */
export interface LoggedError {
  readonly type: string;
  readonly message: string;
  readonly code?: string | number;
  readonly frames: readonly string[];
  readonly cause?: LoggedError;
  readonly errors?: readonly LoggedError[];
}

/**
 * Only what is named here is kept of an error: PostgreSQL's carry the row in `detail`, `where` and `hint`, HTTP clients'
 * the request, and the stack repeats the message. What a message quotes may be a value too, so quotes are emptied
 * wherever an engine or a parser wrote it.
 */
export function redactError(error: Error, causesMax = CAUSES_MAX): LoggedError {
  const code: unknown = 'code' in error ? error.code : undefined;
  const cause = causesMax > 0 && error.cause instanceof Error ? redactError(error.cause, causesMax - 1) : undefined;
  const parts =
    causesMax > 0 && error instanceof AggregateError
      ? error.errors.filter((part): part is Error => part instanceof Error).slice(0, CAUSES_MAX)
      : [];
  return {
    type: redactText(error.name),
    message: messageOf(error),
    ...((typeof code === 'string' || typeof code === 'number') && { code: redactCode(code) }),
    frames: framesOf(error),
    ...(cause !== undefined && { cause }),
    ...(parts.length > 0 && { errors: parts.map((part) => redactError(part, causesMax - 1)) }),
  };
}

const redactCode = (code: string | number) => (typeof code === 'string' ? redactText(code.slice(0, 100)) : code);

function messageOf(error: Error): string {
  const text = quotesValues(error) ? withoutValues(error.message) : error.message;
  return redactText(text.slice(0, MESSAGE_CHARS_MAX));
}

/** PostgreSQL names tables in quotes, but in its data exceptions (class 22) and broken constraints (23) also values. */
function quotesValues(error: Error): boolean {
  if (error instanceof SyntaxError || error instanceof RangeError || error.name.startsWith('ClickHouse')) return true;
  const code: unknown = 'code' in error ? error.code : undefined;
  return 'severity' in error && typeof code === 'string' && /^(?:22|23|42)/.test(code);
}

/** ClickHouse shows the row it could not read after "(at row" or "Row 1:". */
function withoutValues(message: string): string {
  return message
    .replace(/\(at row [\s\S]*$|\bRow \d+:[\s\S]*$/, '[row]')
    .replaceAll(/"[^"]*"?|'[^']*'?|`[^`]*`?|<[^>]*>?/g, '[value]');
}

/** Where it happened, without the message that the stack begins with. */
function framesOf(error: Error): string[] {
  const lines = (error.stack ?? '').replace(error.message, '').split('\n');
  return lines
    .filter((line) => /^\s+at .*(?::\d+:\d+\)?|<anonymous>\)?|\(native\))$/.test(line))
    .slice(0, FRAMES_MAX)
    .map((line) => redactText(line.trim()));
}

import type { z } from 'zod';

type RawIssue = z.core.$ZodRawIssue;

/**
 * What is wrong and what to do about it, for issues whose schema has no words of its own. Given to a parse:
 * `schema.safeParse(input, { error: inPlainWords })`.
 */
export function inPlainWords(issue: RawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return wrong(issue.input, `give ${TYPES[issue.expected] ?? `a value of the type ${issue.expected}`}`);
    case 'invalid_value':
      return wrong(issue.input, `give ${choice(issue.values)}`, 'is not one of the values it may have');
    case 'too_small':
      return tooSmall(issue);
    case 'too_big':
      return tooBig(issue);
    case 'invalid_format':
      return wrongFormat(issue);
    case 'not_multiple_of':
      return `is not a multiple of ${issue.divisor}; give one`;
    case 'unrecognized_keys':
      return UNKNOWN_FIELD;
    case 'invalid_union':
      return wrongForm(issue);
    case 'invalid_key':
      return 'has a name that is not allowed here; give it another';
    default:
      return 'does not fit here; see what the documentation of this call says it may be';
  }
}

/** A misspelt name must not be passed over in silence. */
const UNKNOWN_FIELD = 'there is no such field here; correct its name or leave it out';
const NO_FORM = 'has none of the forms it may have; see the documentation of this call';

export interface Fault {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/**
 * Every field at fault: an unknown field by its own name, and in a choice of forms without words of its own what is
 * wrong with the form that fits best.
 */
export function findFaults(issues: readonly z.core.$ZodIssue[]): Fault[] {
  return issues.flatMap((issue): Fault[] => {
    if (issue.code === 'unrecognized_keys' && issue.message === UNKNOWN_FIELD)
      return issue.keys.map((key) => ({ path: [...issue.path, key], message: issue.message }));
    const nearest = issue.code === 'invalid_union' && issue.message === NO_FORM ? nearestForm(issue.errors) : undefined;
    if (nearest === undefined) return [{ path: issue.path, message: issue.message }];
    return findFaults(nearest).map((fault) => ({ ...fault, path: [...issue.path, ...fault.path] }));
  });
}

/** The form of which something at least fits: its faults lie within, not in what it is. */
function nearestForm(forms: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] | undefined {
  return forms
    .filter((issues) => issues.every(({ path }) => path.length > 0))
    .toSorted((a, b) => a.length - b.length)[0];
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object, like { "name": "value" }',
  record: 'an object, like { "name": "value" }',
  array: 'a list, like [ … ]',
  tuple: 'a list, like [ … ]',
  null: 'null',
  date: 'a date',
};

function wrong(input: unknown, remedy: string, otherwise?: string): string {
  if (input === undefined) return `is missing; ${remedy}`;
  return `${otherwise ?? `is ${kindOf(input)}`}; ${remedy}`;
}

function kindOf(input: unknown): string {
  if (input === null) return 'null';
  if (Array.isArray(input)) return 'a list';
  if (typeof input === 'number') return kindOfNumber(input);
  const kinds: Readonly<Record<string, string>> = { string: 'a text', boolean: 'true or false', object: 'an object' };
  return kinds[typeof input] ?? 'something else';
}

function kindOfNumber(input: number): string {
  if (Number.isNaN(input)) return 'not a number';
  return Number.isInteger(input) ? 'a number' : 'not a whole number';
}

function choice(values: readonly z.core.util.Primitive[]): string {
  const texts = values.map((value) => JSON.stringify(value));
  return texts.length > 1 ? `one of ${texts.join(', ')}` : String(texts[0]);
}

const UNITS: Readonly<Record<string, string>> = { string: 'character', array: 'item', set: 'item' };

function tooSmall({ origin, minimum, inclusive, exact, input }: Extract<RawIssue, { code: 'too_small' }>): string {
  const unit = UNITS[origin];
  if (unit === undefined)
    return `is too small; give ${inclusive === false ? `more than ${minimum}` : `${minimum} or more`}`;
  const isEmpty = input === '' || (Array.isArray(input) && input.length === 0);
  return `${isEmpty ? 'is empty' : 'is too short'}; give ${exact === true ? 'exactly' : 'at least'} ${counted(minimum, unit)}`;
}

function tooBig({ origin, maximum, inclusive, exact }: Extract<RawIssue, { code: 'too_big' }>): string {
  const unit = UNITS[origin];
  if (unit === undefined)
    return `is too large; give ${inclusive === false ? `less than ${maximum}` : `${maximum} or less`}`;
  return `is too long; give ${exact === true ? 'exactly' : 'at most'} ${counted(maximum, unit)}`;
}

function counted(count: number | bigint, unit: string): string {
  return `${count} ${unit}${Number(count) === 1 ? '' : 's'}`;
}

const FORMATS: Readonly<Record<string, string>> = {
  email: 'is not an email address; write it like "ada@example.com"',
  url: 'is not a web address; write it like "https://shop.example/page"',
  datetime: 'is not an instant; write it in ISO 8601, like "2026-11-22T10:00:00Z"',
  date: 'is not a date; write it like "2026-11-22"',
  time: 'is not a time of day; write it like "10:00:00"',
  uuid: 'is not a UUID; write it like "01a2027b-d680-7629-b784-89426f6955a3"',
  guid: 'is not a UUID; write it like "01a2027b-d680-7629-b784-89426f6955a3"',
  ipv4: 'is not an IPv4 address; write it like "192.0.2.1"',
  ipv6: 'is not an IPv6 address; write it like "2001:db8::1"',
  cidrv4: 'is not an IPv4 range; write it like "192.0.2.0/24"',
  cidrv6: 'is not an IPv6 range; write it like "2001:db8::/32"',
};

function wrongFormat(issue: Extract<RawIssue, { code: 'invalid_format' }>): string {
  const known = FORMATS[issue.format];
  if (known !== undefined) return known;
  const id = /^\^(\w+)_\[0-9a-f\]\{32\}\$$/.exec(issue.pattern?.replace(/^\/|\/$/g, '') ?? '')?.[1];
  if (id !== undefined) return `is not an id of this kind; give ${id}_ and the 32 hex digits after it`;
  if (issue.pattern !== undefined) return `is not written as it must be; make it match ${issue.pattern}`;
  return `is not written as it must be; give it in the format ${issue.format}`;
}

function wrongForm(issue: Extract<RawIssue, { code: 'invalid_union' }>): string {
  const options = 'options' in issue && Array.isArray(issue.options) ? (issue.options as z.core.util.Primitive[]) : [];
  if (options.length === 0) return NO_FORM;
  return `does not say which kind it is; give ${choice(options)}`;
}

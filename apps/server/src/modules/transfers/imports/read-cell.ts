import type { CellType } from '@segue/contract';
import type { Json } from '../../../platform/json.ts';
import { parseTime, type TimeOptions } from './parse-time.ts';

export type ReadCell =
  | { readonly kind: 'value'; readonly value: Json }
  | { readonly kind: 'wrong'; readonly message: string };

/** Longer digits lose their end as numbers; a leading zero makes a code. */
const NUMBER = /^-?(?:0|[1-9]\d{0,14})(?:\.\d{1,12})?$/;
/** Columns of codes that happen to be written in digits. */
const CODE_NAME =
  /(?:^|[^a-z])(?:id|ids|zip|postcode|sku|plz|ean|gtin|iban)$|(?:_|[a-z])Id$|postal|phone|mobile|number|code/i;

/** Whether cells of a column called so stay text however they look. */
function isCodeName(name: string): boolean {
  return CODE_NAME.test(name);
}

/** What a cell that is not empty says, by the type of its column; pure. `name`: of what it becomes. */
export function readCell(
  text: string,
  { type, name, times }: { type: CellType; name: string; times: TimeOptions },
): ReadCell {
  switch (type) {
    case 'text':
      return value(text);
    case 'number':
      return readAmount(text);
    case 'boolean':
      return readBoolean(text);
    case 'time': {
      const time = parseTime(text, times);
      return time.kind === 'time' ? value(new Date(time.ms).toISOString()) : time;
    }
    case 'json':
      return readJson(text) ?? wrong('is no JSON; write it like ["a","b"], or choose another type');
    case 'auto':
      return readAuto(text, name);
  }
}

function value(said: Json): ReadCell {
  return { kind: 'value', value: said };
}

function wrong(message: string): ReadCell {
  return { kind: 'wrong', message };
}

function readAuto(text: string, name: string): ReadCell {
  if (text === 'true' || text === 'TRUE') return value(true);
  if (text === 'false' || text === 'FALSE') return value(false);
  if (NUMBER.test(text) && !isCodeName(name)) return value(Number(text));
  // Only our own exports write so: what would be taken for something else.
  if (text.length > 1 && text.startsWith('"') && text.endsWith('"')) return readJson(text) ?? value(text);
  const isJson = (text.startsWith('{') && text.endsWith('}')) || (text.startsWith('[') && text.endsWith(']'));
  return (isJson ? readJson(text) : undefined) ?? value(text);
}

function readJson(text: string): ReadCell | undefined {
  try {
    return value(JSON.parse(text) as Json);
  } catch {
    return undefined;
  }
}

const YES = /^(?:true|yes|y|1|ja|oui|wahr|vrai|x)$/i;
const NO = /^(?:false|no|n|0|nein|non|falsch|faux)$/i;

function readBoolean(text: string): ReadCell {
  if (YES.test(text)) return value(true);
  return NO.test(text) ? value(false) : wrong('is neither yes nor no; write "true" or "false"');
}

const PLAIN = /^[+-]?\d{1,15}(?:\.\d{1,12})?$/;
/** 1.234,56 and 1234,5; three digits behind one comma could be thousands too. */
const COMMA = /^[+-]?(?:\d{1,3}(?:\.\d{3})+|\d{1,15}),(?:\d{1,2}|\d{4,12})$/;
/** 1,234.56 and 1,234,567. */
const GROUPED = /^[+-]?\d{1,3}(?:(?:,\d{3})+\.\d{1,12}|(?:,\d{3}){2,})$/;

/** An amount as shops write it, with or without the sign of a currency. */
function readAmount(text: string): ReadCell {
  const bare = text.replaceAll(/[\s\p{Sc}'’]|^[A-Z]{3}(?=[\s\d])|(?<=[\s\d])[A-Z]{3}$/gu, '');
  if (PLAIN.test(bare)) return value(Number(bare));
  if (COMMA.test(bare)) return value(Number(bare.replaceAll('.', '').replace(',', '.')));
  if (GROUPED.test(bare)) return value(Number(bare.replaceAll(',', '')));
  if (/^[+-]?\d{1,3},\d{3}$/.test(bare)) return wrong('could be two numbers; write it with a point, like 1234.50');
  return wrong('is no number; write it like 1234.50');
}

import type { ColumnMapping, ImportColumn, ImportKind } from '@segue/contract';
import { HEADER_WORDS } from './header-words.data.ts';
import { parseTime } from './parse-time.ts';

const SAMPLES_MAX = 5;
const SAMPLE_CHARS = 100;
/** So many of a hundred values must look alike. */
const ALIKE = 0.8;
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]{2,}$/;
const PHONE = /^\+\d[\d\s()./-]{6,18}$/;

interface Column {
  readonly name: string;
  readonly values: readonly string[];
}

/** What each column is likely to be: by its name, else by what its values look like, else a field of its own. Pure. */
export function suggestMapping(kind: ImportKind, columns: readonly Column[]): ImportColumn[] {
  const byName = columns.map(({ name }) => suggestByName(kind, name));
  const taken = new Set<string>();
  const suggestions = byName.map((to) => {
    if (to === undefined || (taken.has(to) && to !== 'ignore')) return undefined;
    taken.add(to);
    return to;
  });
  return columns.map(({ name, values }, index) => {
    const samples = values.filter((value) => value.trim() !== '');
    const named = suggestions[index];
    const shaped = named === undefined ? suggestByValues(kind, samples, taken) : undefined;
    if (shaped !== undefined) taken.add(shaped);
    const to = named ?? shaped ?? ownField(kind, name);
    return {
      column: name,
      suggestion: { column: name, to },
      because: named !== undefined ? 'name' : shaped !== undefined ? 'values' : 'nothing',
      samples: samples.slice(0, SAMPLES_MAX).map((value) => value.slice(0, SAMPLE_CHARS)),
    };
  });
}

/** The mapping of one column alone, as its name says. Pure. */
export function suggestColumn(kind: ImportKind, column: string): ColumnMapping {
  return { column, to: suggestByName(kind, column) ?? ownField(kind, column) };
}

function suggestByName(kind: ImportKind, name: string): string | undefined {
  // Written as a target already, as our own exports are.
  if (/^(?:traits|properties|products)\.[^.]/.test(name) && kind !== 'consents')
    return isOwn(kind, name) ? name : undefined;
  const plain = plainName(name);
  for (const [to, words] of Object.entries(HEADER_WORDS[kind])) if (words.includes(plain)) return to;
  return undefined;
}

function isOwn(kind: ImportKind, name: string): boolean {
  const [root] = name.split('.');
  return kind === 'profiles' ? root === 'traits' : kind === 'orders' ? root !== 'traits' : root === 'properties';
}

function plainName(name: string): string {
  return name
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll('ß', 'ss')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, '');
}

function suggestByValues(kind: ImportKind, values: readonly string[], taken: ReadonlySet<string>): string | undefined {
  if (values.length === 0) return undefined;
  const areMost = (fits: (value: string) => boolean) => values.filter(fits).length >= values.length * ALIKE;
  const [email, phone, time] =
    kind === 'consents' ? ['identifier', 'identifier', 'occurredAt'] : ['email', 'phone', 'timestamp'];
  if (!taken.has(email!) && areMost((value) => EMAIL.test(value.trim()))) return email;
  if (!taken.has(phone!) && areMost((value) => PHONE.test(value.trim()))) return phone;
  if (kind === 'profiles' || taken.has(time!)) return undefined;
  const isTime = (value: string) => value.length >= 8 && parseTime(value.trim(), { dateOrder: 'dmy' }).kind === 'time';
  return areMost(isTime) ? time : undefined;
}

/** A column nobody knows stays what it is called; of consents nothing can be kept. */
function ownField(kind: ImportKind, name: string): string {
  if (kind === 'consents') return 'ignore';
  const field = name
    .split('.')
    .filter((step) => step !== '' && step !== '__proto__')
    .join('.');
  return `${kind === 'profiles' ? 'traits' : 'properties'}.${field === '' ? 'column' : field}`;
}

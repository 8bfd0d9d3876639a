import { type Context, Liquid } from 'liquidjs';
import { escapeHtml } from '../../platform/html.ts';
import { formatDate, formatMoney } from './shop-filters.ts';

/** Characters of one template part; also what a render may build up in strings and lists. */
const PARSE_CHARS_MAX = 200_000;
const MEMORY_MAX = 2_000_000;
/** A normal mail renders in well under 5 ms; this stops a loop gone wild, not a slow machine. */
const RENDER_MS_MAX = 1_000;

/** Tags that only look at the variables. No includes: a template reads nothing but itself. */
const TAGS: ReadonlySet<string> = new Set([
  'assign',
  'capture',
  'if',
  'unless',
  'case',
  'for',
  'break',
  'continue',
  'comment',
  'raw',
  '#',
]);

/** No `raw` and nothing that makes markup: whatever a variable holds comes out escaped. */
const FILTERS: ReadonlySet<string> = new Set([
  'abs',
  'append',
  'at_least',
  'at_most',
  'capitalize',
  'ceil',
  'compact',
  'concat',
  'default',
  'divided_by',
  'downcase',
  'first',
  'floor',
  'join',
  'last',
  'lstrip',
  'map',
  'minus',
  'modulo',
  'plus',
  'prepend',
  'remove',
  'remove_first',
  'replace',
  'replace_first',
  'reverse',
  'round',
  'rstrip',
  'size',
  'slice',
  'sort',
  'split',
  'strip',
  'strip_html',
  'strip_newlines',
  'sum',
  'times',
  'truncate',
  'truncatewords',
  'uniq',
  'upcase',
  'url_encode',
  'where',
]);
const OWN_FILTERS = ['date', 'escape', 'money', 'required'];

export const FILTER_NAMES: readonly string[] = [...FILTERS, ...OWN_FILTERS].sort();
export const TAG_NAMES: readonly string[] = [...TAGS].filter((tag) => tag !== '#').sort();

export type OutputKind = 'html' | 'text';

/** Strict and walled in: unknown filters and tags fail, only own properties are seen, time and memory are bounded. */
function createLiquidEngine(kind: OutputKind): Liquid {
  const engine = new Liquid({
    strictFilters: true,
    strictVariables: false,
    ownPropertyOnly: true,
    parseLimit: PARSE_CHARS_MAX,
    renderLimit: RENDER_MS_MAX,
    memoryLimit: MEMORY_MAX,
    templates: {},
    ...(kind === 'html' && { outputEscape: (value: unknown) => escapeHtml(asText(value)) }),
  });
  for (const tag of Object.keys(engine.tags)) if (!TAGS.has(tag)) delete engine.tags[tag];
  for (const filter of Object.keys(engine.filters)) if (!FILTERS.has(filter)) delete engine.filters[filter];
  engine.registerFilter('money', formatMoney);
  engine.registerFilter('date', formatDate);
  engine.registerFilter('required', requireValue);
  // Everything is escaped on its way out; twice would show the customer `&amp;#39;`.
  engine.registerFilter('escape', (value: unknown) => value);
  return engine;
}

export const LIQUID: Readonly<Record<OutputKind, Liquid>> = {
  html: createLiquidEngine('html'),
  text: createLiquidEngine('text'),
};

/** In a scope: nothing is known of the customer yet, so that nothing is required of her. */
export const LENIENT = Symbol('lenient');
export const REQUIRED_FAULT = 'a required value is missing';

/** `{{ order.number | required }}`: without a value the message is not sent at all, rather than with a gap. */
function requireValue(this: { readonly context: Pick<Context, 'environments'> }, value: unknown): unknown {
  const isMissing = value === undefined || value === null || value === '' || value === false;
  const isLenient = (this.context.environments as Partial<Record<symbol, boolean>>)[LENIENT] === true;
  if (isMissing && !isLenient) throw new Error(REQUIRED_FAULT);
  return value;
}

function asText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map(asText).join('');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

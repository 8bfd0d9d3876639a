import { Liquid } from 'liquidjs';
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
const OWN_FILTERS = ['date', 'escape', 'money'];

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
  // Everything is escaped on its way out; twice would show the customer `&amp;#39;`.
  engine.registerFilter('escape', (value: unknown) => value);
  return engine;
}

export const LIQUID: Readonly<Record<OutputKind, Liquid>> = {
  html: createLiquidEngine('html'),
  text: createLiquidEngine('text'),
};

function asText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map(asText).join('');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

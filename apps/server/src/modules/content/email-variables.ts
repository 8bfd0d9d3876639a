import type { Template } from 'liquidjs';
import type { Json, JsonObject } from '../../platform/json.ts';
import type { CompiledEmail } from './compile-email.ts';
import { LIQUID } from './liquid-engine.ts';

/** What every message has, whoever sends it. */
export const OWN_VARIABLES: ReadonlySet<string> = new Set([
  'unsubscribe_url',
  'view_in_browser_url',
  'message_id',
  'now',
  'brand',
  'confirm_url',
]);

/** Paths a template reads, from the root: `profile.firstName`, `products`. Loop variables are not among them. */
export function listVariables(compiled: CompiledEmail): string[] {
  return pathsOf(compiled).map((path) => path.join('.'));
}

/** Those of them that have no value in this scope, no default and no condition: they would come out empty. */
export function listMissing(compiled: CompiledEmail, scope: JsonObject): string[] {
  const isAnswered = answeredPaths(compiled);
  return pathsOf(compiled)
    .filter((path) => !OWN_VARIABLES.has(path[0]!) && isBlank(valueAt(scope, path)))
    .map((path) => path.join('.'))
    .filter((path) => !isAnswered.has(path));
}

/** The roots a template reads, and of `profile` the traits: so much of a scope brings the same mail again. */
export function keepUsed(compiled: CompiledEmail, scope: JsonObject): JsonObject {
  const kept: JsonObject = {};
  for (const [root, trait] of pathsOf(compiled)) {
    if (root === undefined || OWN_VARIABLES.has(root) || !Object.hasOwn(scope, root)) continue;
    const value = scope[root]!;
    if (root !== 'profile' || trait === undefined || !isObject(value)) kept[root] = value;
    else if (Object.hasOwn(value, trait)) kept[root] = { ...asObject(kept[root]), [trait]: value[trait]! };
  }
  return kept;
}

const knownPaths = new WeakMap<CompiledEmail, readonly (readonly string[])[]>();

function pathsOf(compiled: CompiledEmail): readonly (readonly string[])[] {
  const known = knownPaths.get(compiled);
  if (known !== undefined) return known;
  const paths = new Map<string, readonly string[]>();
  for (const [part, templates] of Object.entries(compiled) as [keyof CompiledEmail, Template[] | undefined][]) {
    if (templates === undefined) continue;
    const engine = LIQUID[part === 'html' || part === 'preheader' ? 'html' : 'text'];
    for (const segments of engine.globalVariableSegmentsSync(templates, { partials: false })) {
      const path = fixedPart(segments);
      paths.set(path.join('.'), path);
    }
  }
  const found = [...paths.values()];
  knownPaths.set(compiled, found);
  return found;
}

/** Up to the first index or computed name: what comes after is not known before the values are. */
function fixedPart(segments: readonly unknown[]): string[] {
  const fixed: string[] = [];
  for (const segment of segments) {
    if (typeof segment !== 'string') break;
    if (fixed.length > 0 && (segment === 'first' || segment === 'last' || segment === 'size')) break;
    fixed.push(segment);
  }
  return fixed;
}

/** A condition has asked whether there is a value; without one the template says something else. */
const CONDITION = /\{%-?\s*(?:if|unless|elsif|case)\b([^%]*)%\}/g;
const DEFAULTED = /\{\{-?\s*([\w.-]+)[^}]*\|\s*default\s*:/g;

function answeredPaths(compiled: CompiledEmail): ReadonlySet<string> {
  const paths = new Set<string>();
  for (const templates of Object.values(compiled) as (readonly Template[] | undefined)[]) {
    const source = templates?.[0]?.token.input ?? '';
    for (const match of source.matchAll(DEFAULTED)) paths.add(match[1]!);
    for (const match of source.matchAll(CONDITION))
      for (const path of match[1]!.match(/[\w.]+/g) ?? []) paths.add(path);
  }
  return paths;
}

function valueAt(scope: JsonObject, path: readonly string[]): Json | undefined {
  let value: Json | undefined = scope;
  for (const name of path) {
    if (!isObject(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}

function isBlank(value: Json | undefined): boolean {
  return value === undefined || value === null || value === '';
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asObject(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

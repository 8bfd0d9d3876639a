import type { Subject } from '../../platform/eventlog/index.ts';
import type { Json, JsonObject } from '../../platform/json.ts';
import { profileSection } from './profile-section.ts';

/** What follows from a profile's state: traits by name, null where nothing is known. */
type Derive = (subject: Subject) => Readonly<Record<string, Json>>;

const derivations: Derive[] = [];
/** Names of derived traits that changed. Subjects live as long as their batch, so this is what changed in it. */
const changed = new WeakMap<Subject, Set<string>>();
const NONE: ReadonlySet<string> = new Set();

/**
 * Says once, where a module is loaded, which traits follow from the section it keeps. They are not stored but made when
 * somebody asks: stored beside the section they doubled the state of a profile. They stand before what anybody said under
 * the same name. Whoever changes what they follow from calls `noteDerivedTraits` in the same batch.
 */
export function defineDerivedTraits(derive: Derive): void {
  derivations.push(derive);
}

/**
 * Sets derived traits that follow from rows, not from the profile's own state; null takes one away. Never personal ones.
 * Answers whether they were others before.
 */
export function setDerivedTraits(subject: Subject, traits: Readonly<Record<string, Json>>): boolean {
  const state = subject.get(profileSection);
  if (state === undefined) return false;
  const before = state.derived ?? {};
  const derived: JsonObject = { ...before };
  for (const [name, value] of Object.entries(traits)) {
    if (value === null) delete derived[name];
    else derived[name] = value;
  }
  if (JSON.stringify(derived) === JSON.stringify(before)) return false;
  const { derived: _replaced, ...rest } = state;
  subject.set(profileSection, Object.keys(derived).length === 0 ? rest : { ...rest, derived });
  noteDerivedTraits(subject, Object.keys(traits));
  return true;
}

/** These traits may be others now: rules that read them are asked again. */
export function noteDerivedTraits(subject: Subject, names: readonly string[]): void {
  const known = changed.get(subject);
  if (known === undefined) changed.set(subject, new Set(names));
  else for (const name of names) known.add(name);
}

/** The derived traits that may have changed in the batch this subject was loaded for. */
export function changedDerivedTraits(subject: Subject): ReadonlySet<string> {
  return changed.get(subject) ?? NONE;
}

/** All derived traits as they stand. */
export function derivedTraits(subject: Subject): JsonObject {
  const traits: JsonObject = { ...subject.get(profileSection)?.derived };
  for (const derive of derivations) {
    for (const [name, value] of Object.entries(derive(subject))) if (value !== null) traits[name] = value;
  }
  return traits;
}

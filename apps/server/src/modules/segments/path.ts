import type { Path } from '@segue/contract';

import { isJsonObject, type Json } from '../../platform/json.ts';

/** The steps of a path: a text steps at each dot, a list says its steps. */
export function pathSteps(path: Path): readonly string[] {
  return typeof path === 'string' ? path.split('.') : path;
}

/** Steps into objects only, and only into what they own: a list has no steps, and nothing is inherited. */
export function valueAt(root: Json | undefined, steps: readonly string[]): Json | undefined {
  let value = root;
  for (const step of steps) {
    if (!isJsonObject(value) || !Object.hasOwn(value, step)) return undefined;
    value = value[step];
  }
  return value;
}

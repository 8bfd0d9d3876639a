import type { api, BodyOf } from '@segue/contract';
import type { GivenWord } from './read-words.ts';

/** Words as calls have them, instants as numbers. */
export function givenWords(lines: BodyOf<typeof api.setBasketLines>['lines']): GivenWord[] {
  return lines.map(({ at, ...word }) => ({ ...word, atMs: at === undefined ? undefined : Date.parse(at) }));
}

import type { Merge } from './batch.ts';

/** Where each subject that a batch merged away ends up, chains followed: from its id to that of the one that remains. */
export function finalOwners(merges: readonly Merge[]): Map<string, string> {
  const finals = new Map<string, string>();
  for (const { from, into } of [...merges].reverse()) finals.set(from.id, finals.get(into.id) ?? into.id);
  return finals;
}

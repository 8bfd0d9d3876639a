/**
 * Which of the identifiers that came after a merge go with the profile that is brought back: those that were only ever
 * seen together with what it brought. What was seen with the other as well, or alone, stays. Pure.
 */
export function laterNodesOf(
  events: Iterable<readonly number[]>,
  of: { brought: ReadonlySet<number>; later: ReadonlySet<number> },
): number[] {
  const parents = new Map([...of.later].map((id) => [id, id]));
  const rootOf = (id: number): number => {
    const parent = parents.get(id)!;
    return parent === id ? id : rootOf(parent);
  };
  const withBrought = new Set<number>();
  const withOther = new Set<number>();
  for (const nodes of events) {
    const fresh = nodes.filter((id) => of.later.has(id));
    if (fresh.length === 0) continue;
    for (const id of fresh) parents.set(rootOf(id), rootOf(fresh[0]!));
    for (const id of nodes) {
      if (of.later.has(id)) continue;
      (of.brought.has(id) ? withBrought : withOther).add(fresh[0]!);
    }
  }
  const rootsOf = (ids: ReadonlySet<number>) => new Set([...ids].map(rootOf));
  const [ours, others] = [rootsOf(withBrought), rootsOf(withOther)];
  return [...of.later].filter((id) => ours.has(rootOf(id)) && !others.has(rootOf(id)));
}

import type { MergeMark } from './fold-merges.ts';

/**
 * What becomes of a profile's merges when nodes leave it: a merge binds whoever has identifiers of both its sides, as far as
 * they have them; one whose two sides are apart again is undone. `staying` are those of the profile left, `going` of who
 * got the nodes.
 */
export function splitMerges<M extends MergeMark>(
  merges: readonly M[],
  nodes: ReadonlySet<number>,
): { readonly staying: readonly M[]; readonly going: readonly M[] } {
  const ofThose = (isTheirs: (node: number) => boolean): M[] =>
    merges.flatMap((merge) => {
      const sides = { fromNodes: merge.fromNodes.filter(isTheirs), intoNodes: merge.intoNodes.filter(isTheirs) };
      return sides.fromNodes.length === 0 || sides.intoNodes.length === 0 ? [] : [{ ...merge, ...sides }];
    });
  return { staying: ofThose((node) => !nodes.has(node)), going: ofThose((node) => nodes.has(node)) };
}

import type { SegmentPreview } from '@segue/contract';

/** Of 100 draws 95 lie within so many standard deviations. */
const DEVIATIONS_95 = 1.959964;

/** What a draw of profiles found. */
export interface FoundInDraw {
  readonly hits: number;
  readonly drawn: number;
  readonly profiles: number;
  /** Profiles that were drawn together, since they came one after the other. Left out: each was drawn by itself. */
  readonly blocks?: readonly BlockFound[];
}

interface BlockFound {
  readonly hits: number;
  readonly drawn: number;
}

/**
 * What a draw of profiles says of all, with Wilson's score interval at 95 %: E. B. Wilson, "Probable inference, the law of
 * succession, and statistical inference", Journal of the American Statistical Association 22 (1927), 209-212; of so many
 * profiles as the draw is worth. A draw that meets none, or only such, is taken at its full worth.
 */
export function estimateMembers(found: FoundInDraw): Pick<SegmentPreview, 'members' | 'low' | 'high'> {
  const { hits, drawn, profiles, blocks } = found;
  if (drawn === 0) return { members: 0, low: 0, high: profiles };
  const share = hits / drawn;
  const worth = drawn / (blocks === undefined ? 1 : designEffect(blocks));
  const z2 = DEVIATIONS_95 ** 2;
  const centre = share + z2 / (2 * worth);
  const spread = DEVIATIONS_95 * Math.sqrt((share * (1 - share)) / worth + z2 / (4 * worth ** 2));
  const scale = profiles / (1 + z2 / worth);
  return {
    members: Math.round(share * profiles),
    // Those that were drawn are known.
    low: Math.max(hits, Math.floor((centre - spread) * scale)),
    high: Math.min(profiles - (drawn - hits), Math.ceil((centre + spread) * scale)),
  };
}

/**
 * By how much a draw of blocks varies more than one of as many single profiles: customers who came together are alike, and a
 * rule that asks when they came holds for whole blocks. The variance of a ratio over clusters against the binomial one:
 * L. Kish, "Survey Sampling" (1965), chapters 5 and 6. At least 1.
 */
function designEffect(blocks: readonly BlockFound[]): number {
  const drawn = blocks.reduce((sum, block) => sum + block.drawn, 0);
  const share = blocks.reduce((sum, block) => sum + block.hits, 0) / drawn;
  const single = (share * (1 - share)) / drawn;
  if (blocks.length < 2 || !(single > 0)) return 1;
  const squares = blocks.reduce((sum, block) => sum + (block.hits - share * block.drawn) ** 2, 0);
  const clustered = ((blocks.length / (blocks.length - 1)) * squares) / drawn ** 2;
  return Math.max(1, clustered / single);
}

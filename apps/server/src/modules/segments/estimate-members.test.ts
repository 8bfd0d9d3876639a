import { expect, it } from 'vitest';

import { estimateMembers } from './estimate-members.ts';

it('an estimate lies within bounds that hold what was drawn', () => {
  expect(estimateMembers({ hits: 0, drawn: 2_000, profiles: 1_000_000 })).toEqual({ members: 0, low: 0, high: 1_918 });
  expect(estimateMembers({ hits: 1_000, drawn: 2_000, profiles: 1_000_000 })).toMatchObject({ members: 500_000 });
});

it('blocks that are alike are worth as much as single profiles, blocks of one kind each hardly more than their number', () => {
  const draw = { hits: 500, drawn: 1_000, profiles: 1_000_000 };
  const alike = Array.from({ length: 10 }, () => ({ hits: 50, drawn: 100 }));
  expect(estimateMembers({ ...draw, blocks: alike })).toEqual(estimateMembers(draw));
  const apart = Array.from({ length: 10 }, (_, at) => ({ hits: at < 5 ? 100 : 0, drawn: 100 }));
  const { low, high } = estimateMembers({ ...draw, blocks: apart });
  expect(high - low).toBeGreaterThan(400_000);
});

it('nine in ten draws hold the truth between their bounds, also where a rule holds for who came at one time', () => {
  const [BLOCKS, SIZE, DRAWN, DRAWS] = [1_000, 100, 50, 400];
  const next = lots(7);
  for (const shareOf of [
    (block: number) => (block < 300 ? 1 : 0),
    (block: number) => (block < 500 ? 0.6 : 0.1),
    (block: number) => (block % 1_000) / 1_000,
    () => 0.3,
  ]) {
    const hits = Array.from({ length: BLOCKS }, (_, block) => Math.round(shareOf(block) * SIZE));
    const truth = hits.reduce((sum, one) => sum + one, 0);
    let held = 0;
    for (let draw = 0; draw < DRAWS; draw++) {
      const drawn = new Set<number>();
      while (drawn.size < DRAWN) drawn.add(Math.floor(next() * BLOCKS));
      const blocks = [...drawn].map((block) => ({ hits: hits[block]!, drawn: SIZE }));
      const found = blocks.reduce((sum, block) => sum + block.hits, 0);
      const said = estimateMembers({ hits: found, drawn: DRAWN * SIZE, profiles: BLOCKS * SIZE, blocks });
      if (said.low <= truth && truth <= said.high) held += 1;
    }
    expect(held / DRAWS).toBeGreaterThan(0.9);
  }
});

/** Lots that are the same every time: a linear congruence, by the constants of "Numerical Recipes". */
function lots(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

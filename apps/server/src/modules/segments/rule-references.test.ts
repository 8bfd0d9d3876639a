import type { SegmentRule } from '@segue/contract';
import { describe, expect, it } from 'vitest';

import { findReferenceFaults, INLINED_NODES_MAX, type NamedRules } from './rule-references.ts';

const leaf: SegmentRule = { everyone: true };
const asks = (...ids: string[]): SegmentRule => ({ any: ids.map((segment) => ({ segment })) });
const wide = (leaves: number): SegmentRule => ({ any: Array.from({ length: leaves }, () => leaf) });

function named(rules: Record<string, SegmentRule>): NamedRules {
  return new Map(Object.entries(rules).map(([id, rule]) => [id, { name: id.toUpperCase(), rule }]));
}

describe('findReferenceFaults', () => {
  it('lets segments ask for each other as long as no way leads back', () => {
    const segments = named({ a: leaf, b: asks('a'), c: asks('a', 'b') });
    expect(findReferenceFaults(asks('b', 'c'), { id: 'd', segments })).toEqual([]);
    expect(findReferenceFaults(asks('b', 'c'), { id: undefined, segments })).toEqual([]);
  });

  it('refuses a segment that asks for itself', () => {
    expect(findReferenceFaults({ not: { segment: 'a' } }, { id: 'a', segments: named({ a: leaf }) })).toEqual([
      { field: 'rule.not.segment', message: expect.stringContaining('"A" -> "A"') },
    ]);
  });

  it('refuses a circle over others, naming the way and the node it begins with', () => {
    const segments = named({ a: leaf, b: asks('a'), c: asks('b') });
    expect(findReferenceFaults({ all: [leaf, asks('c')] }, { id: 'a', segments })).toEqual([
      { field: 'rule.all[1].any[0].segment', message: expect.stringContaining('"A" -> "C" -> "B" -> "A"') },
    ]);
  });

  it('takes the rule a segment is given for that of the segment, not the one it had', () => {
    const segments = named({ a: asks('b'), b: leaf });
    expect(findReferenceFaults(leaf, { id: 'a', segments })).toEqual([]);
  });

  it('refuses a rule that comes to too many nodes with those it asks for, however they multiply', () => {
    let rules: Record<string, SegmentRule> = { s0: wide(150) };
    for (let level = 1; level <= 30; level += 1)
      rules = { ...rules, [`s${level}`]: asks(`s${level - 1}`, `s${level - 1}`) };
    const segments = named(rules);
    expect(findReferenceFaults(asks('s3'), { id: undefined, segments })).toEqual([]);
    expect(findReferenceFaults(asks('s30'), { id: undefined, segments })).toEqual([
      { field: 'rule', message: expect.stringContaining(`at most ${INLINED_NODES_MAX}`) },
    ]);
  });

  it('refuses a rule by which another segment would become too large', () => {
    const segments = named({ a: leaf, b: { any: Array.from({ length: 100 }, () => ({ segment: 'a' })) } });
    expect(findReferenceFaults(wide(10), { id: 'a', segments })).toEqual([]);
    expect(findReferenceFaults(wide(100), { id: 'a', segments })).toEqual([
      { field: 'rule', message: expect.stringContaining('"B", which asks for this segment') },
    ]);
  });
});

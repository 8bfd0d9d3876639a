import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';

import { createComputedTraitSchema } from './api/computed-traits.ts';
import { segmentRuleSchema } from './segment-rule.ts';

const manual = readFileSync(resolve(import.meta.dirname, '../../../docs/segments.md'), 'utf8').replaceAll(
  '…"',
  `${'0'.repeat(32)}"`,
);
const inTable = [...manual.matchAll(/^\|.*\| (.+) \|$/gm)].flatMap(([, cell]) => [...cell!.matchAll(/`(\{.+?\})`/g)]);
const blocks = [...manual.matchAll(/```json\n([^`]+)```/g)];

it('every rule of the manual is one', () => {
  const rules = inTable.map(([, text]) => JSON.parse(text!) as unknown);
  expect(rules.length).toBeGreaterThan(18);
  rules.push(JSON.parse(blocks[0]![1]!));
  for (const rule of rules)
    expect(segmentRuleSchema.safeParse(rule).error?.issues, JSON.stringify(rule)).toBeUndefined();
});

it('the computed trait of the manual is one', () => {
  const trait = JSON.parse(blocks[1]![1]!) as unknown;
  expect(createComputedTraitSchema.safeParse(trait).error?.issues).toBeUndefined();
});

import { propertyRuns } from '@segue/testkit/property-runs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Json } from '../../../platform/json.ts';
import { foldSamples } from '../leaf.ts';
import { compileRule } from '../rule.ts';
import { asRuleEvent } from '../rule-input.ts';
import { arbitraryLeafRule } from '../testing/arbitrary-leaf.ts';
import { EPOCH_MS, GRID_MS } from '../testing/arbitrary-rule.ts';
import { startHistoryChild, type HistoryChild } from '../testing/history-child.ts';
import { arbitraryCut, arbitraryPlaced, isInScope, rowOf, WORKSPACE } from '../testing/placed-event.ts';
import { historyLeafState } from './found-state.ts';
import { historyQuery } from './history-sql.ts';

const ENV = { zone: 'America/St_Johns' };

describe('what the history remembers of a leaf', () => {
  let history: HistoryChild;
  beforeAll(() => {
    history = startHistoryChild();
  });
  afterAll(() => history.stop());

  it('is for each node the state that its events leave one by one, whatever the kind of leaf, the filters and the cut', async () => {
    const kinds = new Map<string, number>();
    const batch = fc.record({
      events: fc.array(arbitraryPlaced, { minLength: 150, maxLength: 250, size: 'max' }),
      rules: fc.array(arbitraryLeafRule, { minLength: 40, maxLength: 60, size: 'max' }),
      cut: arbitraryCut,
      nowMs: fc.integer({ min: 0, max: 45 }).map((step) => EPOCH_MS + step * GRID_MS),
    });
    await fc.assert(
      fc.asyncProperty(batch, async ({ events, rules, cut, nowMs }) => {
        const leaves = rules.flatMap((rule) => [...compileRule(rule, ENV).leaves.values()]);
        const queries = leaves.map((leaf) => historyQuery(leaf, { workspaceId: WORKSPACE, cut, nowMs }));
        const answers = await history.ask(events.map(rowOf), queries);
        const inScope = events.filter((event) => isInScope(event, cut));
        for (const [index, leaf] of leaves.entries()) {
          const expected: Record<number, Json> = {};
          for (const node of new Set(inScope.map((event) => event.node))) {
            const own = inScope.filter((event) => event.node === node);
            const samples = own.flatMap(({ event }) => {
              const sample = leaf.sampleOf(asRuleEvent(event));
              return sample === undefined ? [] : [sample];
            });
            const state = foldSamples(leaf, samples, nowMs);
            if (state !== undefined) expected[node] = state;
          }
          const found: Record<number, Json> = {};
          for (const row of answers[index]!) {
            const { node, state } = historyLeafState(leaf, row, nowMs);
            if (state !== undefined) found[node] = state;
            // Judged by SQL, not by TypeScript afterwards.
            const { samples, put } = row as { samples: unknown[]; put: unknown[][] };
            if (samples.length > 0 || Number(put[0]?.[0] ?? 0) !== 0)
              kinds.set(leaf.plan.kind, (kinds.get(leaf.plan.kind) ?? 0) + 1);
          }
          expect(plain(found), JSON.stringify(leaf.plan)).toEqual(plain(expected));
        }
      }),
      { numRuns: propertyRuns(4), endOnFailure: true },
    );
    for (const kind of ['count', 'aggregate', 'pick', 'sequence', 'held'])
      expect(kinds.get(kind) ?? 0, kind).toBeGreaterThan(0);
  });
});

/** As it lies in a row: nothing of a window that is empty, no -0. */
function plain(states: Record<number, Json>): unknown {
  const kept = Object.entries(states).filter(([, state]) => !Array.isArray(state) || state.length > 0);
  return JSON.parse(JSON.stringify(Object.fromEntries(kept)));
}

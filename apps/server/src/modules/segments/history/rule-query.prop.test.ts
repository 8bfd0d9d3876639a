import { propertyRuns } from '@segue/testkit/property-runs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Json } from '../../../platform/json.ts';
import { asRuleEvent } from '../rule-input.ts';
import { arbitraryHistoryRule } from '../testing/arbitrary-leaf.ts';
import { EPOCH_MS, GRID_MS } from '../testing/arbitrary-rule.ts';
import { startHistoryChild, type HistoryChild } from '../testing/history-child.ts';
import { oracleHolds, type OracleEvent } from '../testing/naive-oracle.ts';
import {
  arbitraryCut,
  arbitraryPlaced,
  isInScope,
  rowOf,
  type PlacedEvent,
  WORKSPACE,
} from '../testing/placed-event.ts';
import { compileInWorld } from '../testing/rule-case.ts';
import { drawnQuery, ruleQuery } from './history-sql.ts';

const ZONE = 'America/St_Johns';
/** Each profile's nodes; of the last one nothing was ever heard. */
const PROFILES: readonly (readonly [id: string, nodes: readonly number[]])[] = [
  ['0198f3a0-0000-7000-8000-00000000000a', [1, 2]],
  ['0198f3a0-0000-7000-8000-00000000000b', [3, 5]],
  ['0198f3a0-0000-7000-8000-00000000000c', [4]],
  ['0198f3a0-0000-7000-8000-00000000000d', [9]],
];
const NODES = PROFILES.flatMap(([profile_id, nodes]) =>
  nodes.map((node) => ({ workspace_id: WORKSPACE, node, profile_id })),
);

/** The last value of each trait by event time; of one instant the greater text. */
function saidTraits(events: readonly OracleEvent[], nowMs: number): Json {
  const said: Record<string, { atMs: number; value: Json }> = {};
  for (const { type, occurredAt, payload } of events) {
    if (type !== 'identify' || occurredAt > nowMs) continue;
    for (const [name, value] of Object.entries(payload.traits ?? {})) {
      const before = said[name];
      const isNewer =
        before === undefined ||
        occurredAt > before.atMs ||
        (occurredAt === before.atMs && JSON.stringify(value) > JSON.stringify(before.value));
      if (isNewer) said[name] = { atMs: occurredAt, value };
    }
  }
  return Object.fromEntries(Object.entries(said).map(([name, { value }]) => [name, value]));
}

function eventsOf(events: readonly PlacedEvent[], nodes: readonly number[]): OracleEvent[] {
  return events.filter(({ node }) => nodes.includes(node)).map(({ event }) => asRuleEvent(event) as OracleEvent);
}

/** Blocks of one node: of each profile the oldest decides. */
const DRAW = { oneIn: 2, blockNodes: 1 };
/** The cityHash64 of their oldest nodes is even. */
const DRAWN = PROFILES.slice(0, 3).map(([id]) => id);

const sorted = (rows: readonly { profile_id: string }[]) => rows.map((row) => JSON.stringify(row)).sort();

interface BlockSize {
  readonly block: number;
  readonly drawn: number;
}

describe('ruleQuery against the oracle', () => {
  let history: HistoryChild;
  beforeAll(() => {
    history = startHistoryChild();
  });
  afterAll(() => history.stop());

  it('answers a whole rule with exactly the profiles it holds for, nodes together, and says of whom it is not sure', async () => {
    let members = 0;
    let others = 0;
    let unsure = 0;
    const batch = fc.record({
      events: fc.array(arbitraryPlaced, { minLength: 40, maxLength: 120, size: 'max' }),
      rules: fc.array(arbitraryHistoryRule, { minLength: 30, maxLength: 50, size: 'max' }),
      cut: fc.option(arbitraryCut, { nil: undefined }),
      nowMs: fc.integer({ min: 0, max: 45 }).map((step) => EPOCH_MS + step * GRID_MS),
    });
    await fc.assert(
      fc.asyncProperty(batch, async ({ events, rules, cut, nowMs }) => {
        const scope = { workspaceId: WORKSPACE, nowMs, isSaid: () => true, ...(cut === undefined ? {} : { cut }) };
        const world = { zone: ZONE, customerZone: ZONE, profileId: '', segments: {}, computed: {} };
        const asked = rules.flatMap((rule) => {
          const query = ruleQuery(compileInWorld(rule, world), scope);
          return query === undefined ? [] : [{ rule, query }];
        });
        const drawn = asked.map(({ rule }) => ruleQuery(compileInWorld(rule, world), { ...scope, draw: DRAW })!);
        const queries = [...asked.map(({ query }) => query), ...drawn, drawnQuery({ ...scope, draw: DRAW })];
        const answers = (await history.ask(events.map(rowOf), queries, NODES)) as { profile_id: string }[][];
        const sizes = new Map(
          (answers.at(-1) as unknown as BlockSize[]).map(({ block, drawn: size }) => [block, size]),
        );
        expect([...sizes.values()].reduce((sum, size) => sum + size, 0)).toBe(DRAWN.length);
        for (const [index, rows] of answers.slice(0, asked.length).entries()) {
          const isDrawn = (row: { profile_id: string }) => DRAWN.includes(row.profile_id);
          const found = answers[asked.length + index]! as { profile_id: string; is_sure: number; block?: number }[];
          for (const { block } of found) expect(sizes.get(block!)).toBeGreaterThan(0);
          expect(sorted(found.map(({ profile_id, is_sure }) => ({ profile_id, is_sure })))).toEqual(
            sorted(rows.filter(isDrawn)),
          );
        }
        const inScope = events.filter((event) => isInScope(event, cut));
        for (const [index, { rule }] of asked.entries()) {
          const rows = answers[index] as unknown as { profile_id: string; is_sure: number }[];
          for (const [profileId, nodes] of PROFILES) {
            const answer = rows.find((row) => row.profile_id === profileId);
            if (answer?.is_sure === 0) {
              unsure += 1;
              continue;
            }
            const own = eventsOf(inScope, nodes);
            const told = { traits: saidTraits(own, nowMs), events: own, world: { ...world, profileId } };
            const expected = oracleHolds(rule, told, nowMs);
            expect(answer !== undefined, `${profileId} ${JSON.stringify(rule)}`).toBe(expected);
            if (expected) members += 1;
            else others += 1;
          }
        }
      }),
      { numRuns: propertyRuns(6), endOnFailure: true },
    );
    expect(members).toBeGreaterThan(100);
    expect(others).toBeGreaterThan(100);
    expect(unsure).toBeLessThan(members + others);
  });
});

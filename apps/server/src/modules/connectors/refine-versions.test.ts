import { expect, it } from 'vitest';
import { refineVersions } from './refine-versions.ts';
import { shopifyConnector } from './shopify/shopify-connector.ts';
import { CONTEXT, fixture, RECEIVED_AT } from './testing/fixtures.ts';
import type { ShopRecord } from './records.ts';

const SECOND = Date.parse('2018-05-07T15:51:26-04:00');
const levelAt = (context: { triggeredAtMs?: number; answeredAtMs?: number }): number => {
  const said = shopifyConnector.normalise(
    { topic: 'inventory_levels/update', body: fixture('shopify/inventory_level.json') },
    { ...CONTEXT, ...context },
  );
  const [record] = said.kind === 'records' ? said.records : [];
  return record?.kind === 'level' ? record.level.atMs : Number.NaN;
};

it('of two changes in one second the one that was triggered later is the newer', () => {
  expect(levelAt({})).toBe(SECOND);
  expect(levelAt({ triggeredAtMs: SECOND + 250 })).toBe(SECOND + 250);
  expect(levelAt({ triggeredAtMs: SECOND + 251 })).toBeGreaterThan(levelAt({ triggeredAtMs: SECOND + 250 }));
  // A retry of later, or a clock of its own, says nothing about that second.
  expect(levelAt({ triggeredAtMs: SECOND + 3_000 })).toBe(SECOND);
});

it('what a shop answers once a second is over is the last word of that second', () => {
  const level = { of: { kind: 'variant' as const, id: '1' }, locationId: undefined, quantity: 1, atMs: SECOND };
  const asked = (answeredAtMs: number) => {
    const record: ShopRecord = { kind: 'level', level };
    const [refined] = refineVersions([record], { triggeredAtMs: undefined, answeredAtMs });
    return refined?.kind === 'level' ? refined.level.atMs : Number.NaN;
  };
  expect(asked(SECOND + 500)).toBe(SECOND);
  expect(asked(SECOND + 1_000)).toBe(SECOND + 999);
  expect(asked(RECEIVED_AT)).toBe(SECOND + 999);
});

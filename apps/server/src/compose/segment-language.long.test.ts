import type { Segment, SegmentPreview } from '@segue/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LANGUAGE_CASES } from './testing/language-cases.data.ts';
import { type LanguageShop, type LanguageWorld, openLanguageWorld } from './testing/language-world.ts';

/** Every rule of every case, with the id of its segment in each shop. */
const RULES = LANGUAGE_CASES.flatMap(({ title, asked }) => asked.map(([rule, members]) => ({ title, rule, members })));
const INSTANTS = [...new Set(RULES.flatMap(({ members }) => members.map(([afterMs]) => afterMs)))].sort(
  (a, b) => a - b,
);

type Told = Record<string, string>;
const SHOPS = ['live', 'told later'] as const;

let world: LanguageWorld;
const told = new Map<string, Told>();
/** Of each rule, when the clock stood last: what was foreseen, and how many members there were. */
const previews: (readonly [SegmentPreview, number])[] = [];
const ids = new Map<string, string[]>();
const shops = new Map<string, LanguageShop>();

const keyOf = (index: number, afterMs: number) => `${index} after ${afterMs} ms`;

async function defineAll(name: string, shop: LanguageShop): Promise<void> {
  const defined: string[] = [];
  for (const [index, { rule }] of RULES.entries()) defined.push(await shop.define(`rule ${index}`, rule));
  ids.set(name, defined);
  await shop.fill();
}

/** Who is in, as the API says it at this instant, in the segments of which it is expected something. */
async function noteMembers(name: string, afterMs: number): Promise<void> {
  for (const [index, { title, members }] of RULES.entries()) {
    if (!members.some(([at]) => at === afterMs)) continue;
    told.get(name)![keyOf(index, afterMs)] = await shops.get(name)!.members(ids.get(name)![index]!, title);
  }
}

beforeAll(async () => {
  world = await openLanguageWorld();
  for (const name of SHOPS) shops.set(name, await world.addShop(name));
  const live = shops.get('live')!;
  const later = shops.get('told later')!;
  await defineAll('live', live);
  await live.send(LANGUAGE_CASES, { isShuffled: true });
  await later.send(LANGUAGE_CASES, { isShuffled: false });
  await defineAll('told later', later);
  for (const name of SHOPS) told.set(name, {});
  for (const afterMs of INSTANTS) {
    await world.moveTo(afterMs);
    for (const name of SHOPS) await noteMembers(name, afterMs);
  }
  for (const [index, { rule }] of RULES.entries()) {
    const params = { id: ids.get('told later')![index]! };
    const { members } = await later.call<Segment>('getSegment', { params });
    previews.push([await later.call<SegmentPreview>('previewSegment', { body: { rule } }), members]);
  }
}, 400_000);
afterAll(() => world.close());

describe.each([
  ['told as it happens, late, out of order and twice', 'live'],
  ['told before the rule was made', 'told later'],
] as const)('%s', (_, name) => {
  it.each(RULES.map(({ title, rule }, index) => [title, JSON.stringify(rule), index] as const))(
    '%s: %s holds for exactly those for whom it should, at every instant',
    (_, __, index) => {
      const { members } = RULES[index]!;
      const expected = members.map(([afterMs, names]) => [afterMs, names]);
      expect(members.map(([afterMs]) => [afterMs, told.get(name)![keyOf(index, afterMs)]])).toEqual(expected);
    },
  );
});

describe('a preview', () => {
  it.each(RULES.map(({ rule }, index) => [JSON.stringify(rule), index] as const))(
    'of %s foresees exactly as many as its segment has',
    (_, index) => {
      const [{ members, low, high, isExact }, actual] = previews[index]!;
      expect({ members, low, high, isExact }).toEqual({ members: actual, low: actual, high: actual, isExact: true });
    },
  );
});

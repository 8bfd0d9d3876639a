import { z } from 'zod';

import type { Json } from '../../../platform/json.ts';
import { foldSamples, type Leaf } from '../leaf.ts';
import { SAID_LENGTH } from '../leaves/held.ts';
import type { LeafSample, LeafState } from '../leaves/leaf-kind.ts';
import { isOfTexts, scalarText } from '../leaves/tally.ts';
import { asRuleEvent, type RuleEvent } from '../rule-input.ts';

type Said = number | string;

/** One identity node: what counts for certain, newest first or not, and events that only TypeScript can judge. */
const historyRow = z.object({
  node: z.coerce.number(),
  samples: z.array(z.unknown()),
  put: z.array(z.tuple([z.union([z.string(), z.number()])]).rest(z.union([z.string(), z.number()]))),
  undecided: z.array(z.tuple([z.coerce.number(), z.string(), z.string(), z.string()])),
});

/** The leaf's state of one node, from a row of its `historyQuery`; undefined: nothing counts. `nowMs`: that of the query. */
export function historyLeafState(
  leaf: Leaf,
  row: unknown,
  nowMs: number,
): { readonly node: number; readonly state: LeafState | undefined } {
  const { node, samples, put, undecided } = historyRow.parse(row);
  const parts: LeafState[] = [];
  const found = foundState(leaf, { samples, put });
  if (found !== undefined) parts.push(found);
  const judged = foldSamples(leaf, judge(leaf, undecided), nowMs);
  if (judged !== undefined) parts.push(judged);
  return { node, state: parts.length === 0 ? undefined : leaf.kind.merge(parts, nowMs) };
}

function* judge(leaf: Leaf, undecided: readonly (readonly [number, string, string, string])[]): Generator<LeafSample> {
  for (const [occurredAt, type, name, payload] of undecided) {
    const event: RuleEvent = { type, name, occurredAt, payload: JSON.parse(payload) as RuleEvent['payload'] };
    const sample = leaf.sampleOf(asRuleEvent(event));
    if (sample !== undefined) yield sample;
  }
}

/** In the shape that the kind's file describes, but for what `merge` puts right: order, and how much is kept. */
function foundState(
  { plan }: Leaf,
  row: { samples: readonly unknown[]; put: readonly Said[][] },
): LeafState | undefined {
  switch (plan.kind) {
    case 'count':
      return row.samples.length === 0 ? undefined : row.samples.map(Number);
    case 'sequence':
      return newestFirst(row.samples.map((sample) => numbersOf(sample)));
    case 'held':
      return newestFirst(row.samples.map(sayingOf));
    case 'pick': {
      const { property } = plan;
      return newestFirst(
        row.samples.map((sample) => {
          const [atMs, said] = sample as [Said, Said];
          return [Number(atMs), property === undefined ? Number(said) : pickedText(String(said))];
        }),
      );
    }
    case 'aggregate': {
      const isText = isOfTexts(plan.function);
      const samples = row.samples.map((sample) => {
        const [atMs, said] = sample as [Said, Said];
        return [Number(atMs), isText ? canonical(String(said)) : Number(said)];
      });
      if (Number.isFinite(plan.windowMs)) return newestFirst(samples);
      return everState(plan.function, newestFirst(samples) ?? [], row.put);
    }
  }
}

function newestFirst(samples: Json[][]): LeafState | undefined {
  if (samples.length === 0) return undefined;
  return samples.sort(([a], [b]) => Number(b) - Number(a));
}

function numbersOf(sample: unknown): number[] {
  return (sample as Said[]).map(Number);
}

function sayingOf(sample: unknown): Json[] {
  const [atMs, isValue, raw] = sample as [Said, Said, string];
  return [Number(atMs), Number(isValue), (raw === '' ? 'null' : canonical(raw)).slice(0, SAID_LENGTH)];
}

function pickedText(raw: string): string {
  return raw === '' ? '' : (scalarText(JSON.parse(raw) as Json) ?? '');
}

/** ClickHouse writes some numbers and texts otherwise. */
function canonical(raw: string): string {
  return JSON.stringify(JSON.parse(raw));
}

function everState(
  kind: Extract<Leaf['plan'], { kind: 'aggregate' }>['function'],
  ahead: LeafState,
  put: readonly Said[][],
): LeafState | undefined {
  const later = (ahead as Json[]).length === 0 ? {} : { ahead };
  if (isOfTexts(kind)) {
    const texts = put.map(([text, n]) => [canonical(String(text)), Number(n)]);
    if (texts.length === 0 && !('ahead' in later)) return undefined;
    return { n: texts.reduce((sum, [, n]) => sum + Number(n), 0), texts, ...later };
  }
  const [n = 0, sum = '0', least = '0', greatest = '0'] = put[0] ?? [];
  if (Number(n) === 0) return 'ahead' in later ? { n: 0, ...later } : undefined;
  // An average of nothing is no number: what is not asked for is left out by `merge`.
  return { n: Number(n), sum: String(sum), least: Number(least), greatest: Number(greatest), ...later };
}

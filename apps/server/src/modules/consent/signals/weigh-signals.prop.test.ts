import { propertyRuns } from '@segue/testkit/property-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../platform/json.ts';
import { decodeGpp } from './gpp.ts';
import { US_NATIONAL_LONG, US_STATES, type UsSection } from './gpp-sections.data.ts';
import { isNews, repeatedAt, type SignalsState, withSignal } from './profile-signals.ts';
import { type SaidSignal, strictest, weighSignals } from './weigh-signals.ts';

const SECTIONS = new Map([[7, US_NATIONAL_LONG], ...US_STATES]);
const OPT_OUTS = ['saleOptOut', 'sharingOptOut', 'targetedAdvertisingOptOut'];

/** A GPP string of one section in which each opt-out has this value, everything else being "not applicable". */
function gppOf(id: number, valueOf: (field: string) => number): string {
  const section = SECTIONS.get(id)!;
  const core = section.fields.map(([name, count = 1]) => pairs(OPT_OUTS.includes(name) ? valueOf(name) : 0, count));
  // Type 3, version 1, one section, no range, its id in Fibonacci coding.
  const header = bits(3, 6) + bits(1, 6) + bits(1, 12) + '0' + fibonacci(id);
  return `${base64(header)}~${base64(bits(1, 6) + core.join(''))}`;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const bits = (value: number, width: number): string => value.toString(2).padStart(width, '0');
const pairs = (value: number, count: number): string => bits(value, 2).repeat(count);
const base64 = (text: string): string =>
  (text.match(/.{1,6}/g) ?? []).map((six) => ALPHABET[Number.parseInt(six.padEnd(6, '0'), 2)]).join('');

function fibonacci(value: number): string {
  const numbers = [1, 2, 3, 5, 8, 13, 21];
  let rest = value;
  const taken = numbers.map(() => '0');
  for (let at = numbers.length - 1; at >= 0; at--) {
    if (numbers[at]! > rest) continue;
    rest -= numbers[at]!;
    taken[at] = '1';
  }
  return `${taken.slice(0, taken.lastIndexOf('1') + 1).join('')}1`;
}

const decoded = (text: string): JsonObject => decodeGpp(text) as unknown as JsonObject;
const weighed = (text: string) =>
  weighSignals('p', {
    signals: [{ ...PLACE, seq: 0, occurredAt: 1, kind: 'gpp', decoded: decoded(text) }],
    merges: [],
  });
const PLACE = { nodeId: 1, saidBy: 'p' };

describe('an opt-out in a GPP string', () => {
  const cases = [...SECTIONS].flatMap(([id, { name, fields }]: [number, UsSection]) =>
    fields.flatMap(([field]) => (OPT_OUTS.includes(field) ? [[name, field, id] as const] : [])),
  );
  it.each(cases)('of %s by %s alone is an opt-out; none of it is none', (_name, field, id) => {
    expect(weighed(gppOf(id, (one) => (one === field ? 1 : 2))).isOptedOut).toBe(true);
    expect(weighed(gppOf(id, () => 2)).isOptedOut).toBe(false);
    // A value of the future permits nothing.
    expect(weighed(gppOf(id, (one) => (one === field ? 3 : 2))).isOptedOut).toBe(true);
  });

  it('is not taken back by a string that says nothing of it', () => {
    const signals = [gppOf(8, () => 1), gppOf(7, () => 0), 'DBAA'].map((text, at): SaidSignal => ({
      ...PLACE,
      ...{ seq: at, occurredAt: at, kind: 'gpp', decoded: decoded(text) },
    }));
    expect(weighSignals('p', { signals, merges: [] }).isOptedOut).toBe(true);
  });
});

const IN = decoded(gppOf(7, () => 2));
const OUT = decoded(gppOf(8, (field) => (field === 'sharingOptOut' ? 1 : 2)));
const tcf = (...purposesConsent: number[]): JsonObject => ({ purposesConsent, purposesLegitimateInterest: [1, 2, 4] });

const said = fc.oneof(
  fc.record({ kind: fc.constant('gpp' as const), decoded: fc.constantFrom(IN, OUT, undefined) }),
  fc.record({ kind: fc.constant('gpc' as const), decoded: fc.constantFrom({ gpc: true }, { gpc: false }) }),
  fc.record({ kind: fc.constant('tcf' as const), decoded: fc.constantFrom(tcf(), tcf(4), tcf(1, 4), undefined) }),
);
const stream = fc.array(fc.tuple(said, fc.integer({ min: 0, max: 6 })), { maxLength: 10 });

/** What counts by the naive reading: of each kind what was sent last; of one instant everything sent then. */
function naive(sent: readonly (readonly [{ kind: string; decoded: JsonObject | undefined }, number])[]) {
  const lastOf = (kind: string) => {
    const mine = sent.filter(([one]) => one.kind === kind);
    const lastAt = Math.max(...mine.map(([, at]) => at));
    return mine.filter(([, at]) => at === lastAt).map(([one]) => one.decoded);
  };
  const tcfs = lastOf('tcf');
  const allows = (purpose: number) =>
    tcfs.every((one) =>
      purpose === 2 ? one !== undefined : (one?.['purposesConsent'] as number[] | undefined)?.includes(purpose),
    );
  return {
    isOptedOut:
      lastOf('gpp').some((one) => one === undefined || one === OUT) ||
      lastOf('gpc').some((one) => one?.['gpc'] === true),
    purposes: tcfs.length === 0 ? undefined : new Set([1, 2, 4].filter(allows)),
  };
}

describe('signals', () => {
  it('come to the last of each kind by event time, whatever the order of arrival: no order passes what an opt-out forbids', () => {
    fc.assert(
      fc.property(stream, (sent) => {
        // As the stage keeps them: what is no news leaves no record.
        const kept: SaidSignal[] = [];
        const keep = (kind: SaidSignal['kind'], value: JsonObject | undefined, occurredAt: number) =>
          kept.push({ ...PLACE, seq: kept.length, kind, decoded: value, occurredAt });
        let state: SignalsState | undefined;
        const known = new Map<string, JsonObject | undefined>();
        for (const [index, [{ kind, decoded: value }, atMs]] of sent.entries()) {
          const signal = { kind, atMs, fingerprint: `${JSON.stringify(value)}` };
          known.set(kind + signal.fingerprint, value);
          if (isNews(state, signal)) {
            keep(kind, value, atMs);
            const again = repeatedAt(state, signal);
            if (again !== undefined) keep(kind, known.get(kind + again.fingerprint), again.atMs);
          }
          state = withSignal(state, signal);
          expect(weighSignals('p', { signals: kept, merges: [] })).toEqual(naive(sent.slice(0, index + 1)));
        }
      }),
      { numRuns: propertyRuns(300) },
    );
  });

  it('of two profiles that become one pass nothing either forbade, until she says otherwise after it', () => {
    const merge = {
      seq: 100,
      saidAt: 7,
      mergedAt: 8,
      fromProfile: 'q',
      intoProfile: 'p',
      fromNodes: [2],
      intoNodes: [1],
    };
    fc.assert(
      fc.property(stream, stream, stream, (ofP, ofQ, later) => {
        const place = (words: typeof ofP, at: { nodeId: number; saidBy: string; seq: number; afterMs: number }) =>
          words.map(([word, atMs], index): SaidSignal => ({
            ...{ ...word, nodeId: at.nodeId, saidBy: at.saidBy },
            ...{ seq: at.seq + index, occurredAt: at.afterMs + atMs },
          }));
        const before = [
          ...place(ofP, { ...PLACE, seq: 0, afterMs: 0 }),
          ...place(ofQ, { nodeId: 2, saidBy: 'q', seq: 50, afterMs: 0 }),
        ];
        const after = place(later, { ...PLACE, seq: 200, afterMs: 10 });
        const merged = weighSignals('p', { signals: before, merges: [merge] });
        expect(merged).toEqual(strictest([naive(ofP), naive(ofQ)]));
        const found = weighSignals('p', { signals: [...before, ...after].toReversed(), merges: [merge] });
        const [says, heard] = [naive(later), new Set(later.map(([{ kind }]) => kind))];
        if (heard.has('tcf')) expect(found.purposes).toEqual(says.purposes);
        else expect(found.purposes).toEqual(merged.purposes);
        if (heard.has('gpp') && heard.has('gpc')) expect(found.isOptedOut).toBe(says.isOptedOut);
        else if (says.isOptedOut || !(heard.has('gpp') || heard.has('gpc')))
          expect(found.isOptedOut).toBe(says.isOptedOut || merged.isOptedOut);
        expect(weighSignals('p', { signals: before.filter(({ nodeId }) => nodeId === 1), merges: [] })).toEqual(
          naive(ofP),
        );
      }),
      { numRuns: propertyRuns(300) },
    );
  });
});

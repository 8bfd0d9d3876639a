import type { CapFact, SendFacts, Verdict } from './send-facts.ts';
import type { FrequencyCap, ScopedCap } from './send-policy.ts';

/** Those that matter more are decided within a round or two; then there is room, or there is none. */
const RIVALS_LOOK_MS = 1_000;

/** Whether every cap the message falls under has room for one more. */
export function capRule({ policy, caps }: SendFacts, now: number): Verdict | undefined {
  const verdicts = caps.flatMap((fact) => judgeCap(fact, now) ?? []);
  const full = verdicts.filter((verdict) => verdict.isFull);
  const [worst] = full.toSorted((a, b) => b.freeAtMs - a.freeAtMs);
  if (worst !== undefined) {
    const { reason, numbers, freeAtMs } = worst;
    if (policy.whenCapped === 'refuse' || freeAtMs === Infinity) return { kind: 'refuse', reason, numbers };
    return { kind: 'hold', untilMs: freeAtMs, reason, numbers };
  }
  const [taken] = verdicts;
  if (taken === undefined) return undefined;
  return { kind: 'hold', untilMs: now + RIVALS_LOOK_MS, reason: taken.reason, numbers: taken.numbers };
}

interface CapVerdict {
  readonly isFull: boolean;
  readonly freeAtMs: number;
  readonly reason: string;
  readonly numbers: Record<string, number | string | null>;
}

function judgeCap({ cap, countedAt, rivals }: CapFact, now: number): CapVerdict | undefined {
  const counted = countInWindow(countedAt, cap, now);
  const numbers = {
    ...{ limit: cap.limitMax, counted, rivals, windowMinutes: Math.round(cap.windowMs / 60_000) },
    ...{ channel: cap.channel ?? null, topic: cap.topic ?? null },
  };
  if (counted >= cap.limitMax)
    return { isFull: true, freeAtMs: freeAt(countedAt, cap, now), reason: capReason(cap, counted), numbers };
  if (counted + rivals < cap.limitMax) return undefined;
  return { isFull: false, freeAtMs: now, reason: 'messages that matter more go first', numbers };
}

/** When the window has room again; never for a cap of 0. */
function freeAt(countedAt: readonly number[], cap: FrequencyCap, now: number): number {
  const inWindow = countedAt.filter((at) => at > now - cap.windowMs).toSorted((a, b) => a - b);
  const leaving = inWindow[inWindow.length - cap.limitMax];
  return cap.limitMax === 0 || leaving === undefined ? Infinity : leaving + cap.windowMs;
}

/** She asked for less: what is too much is passed over, not kept for later. */
export function lessOftenRule({ lessOften }: SendFacts, now: number): Verdict | undefined {
  if (lessOften === undefined) return undefined;
  const { cap, countedAt } = lessOften;
  const counted = countInWindow(countedAt, cap, now);
  if (counted < cap.limitMax) return undefined;
  return {
    ...{ kind: 'refuse', reason: `the customer asked for less: ${capReason(cap, counted)}` },
    numbers: { limit: cap.limitMax, counted, windowMinutes: Math.round(cap.windowMs / 60_000) },
  };
}

function countInWindow(countedAt: readonly number[], cap: FrequencyCap, now: number): number {
  let counted = 0;
  for (const at of countedAt) if (at > now - cap.windowMs) counted++;
  return counted;
}

function capReason(cap: FrequencyCap & Partial<ScopedCap>, counted: number): string {
  const about = cap.topic === undefined ? '' : ` about ${cap.topic}`;
  return `${counted} of at most ${cap.limitMax} messages${about} went out in the last ${Math.round(cap.windowMs / 60_000)} minutes`;
}

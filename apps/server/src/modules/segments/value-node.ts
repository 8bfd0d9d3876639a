import type { Json } from '../../platform/json.ts';
import { dayNumber, dayStartMs, localDay } from './calendar.ts';
import type { ValueNode } from './compiled-node.ts';
import { instantOf, numberOf } from './condition.ts';
import { type Flip, NEVER } from './flip.ts';

/** Whether a value is as a node asks, and when time changes that. `zone`: of an anniversary. */
export function evaluateValue(
  node: ValueNode,
  value: Json | undefined,
  { nowMs, zone }: { readonly nowMs: number; readonly zone: string },
): Flip {
  switch (node.kind) {
    case 'trait':
      return { holds: node.test(value), nextMs: NEVER };
    case 'date':
      return evaluateDate(node, value, nowMs);
    case 'anniversary':
      return evaluateAnniversary(node.days, value, { nowMs, zone });
  }
}

/** `withinLast` is (now - W, now], `withinNext` is (now, now + W]; a value that is no date is in neither, nor outside. */
function evaluateDate(
  { op, windowMs }: Extract<ValueNode, { kind: 'date' }>,
  value: Json | undefined,
  nowMs: number,
): Flip {
  const dateMs = instantOf(value);
  if (dateMs === undefined) return { holds: false, nextMs: NEVER };
  const fromMs = op === 'withinNext' ? dateMs - windowMs : dateMs;
  const untilMs = fromMs + windowMs;
  const isInside = nowMs >= fromMs && nowMs < untilMs;
  const nextMs = nowMs < fromMs ? fromMs : nowMs < untilMs ? untilMs : NEVER;
  return { holds: op === 'notWithinLast' ? !isInside : isInside, nextMs };
}

interface DayOfYear {
  /** From 0. */
  readonly month: number;
  readonly day: number;
}

/** A text's day is the one it is written with, whatever its zone: a birthday is no instant. A number's is the one in UTC. */
export function dayOfYear(value: Json | undefined): DayOfYear | undefined {
  const atMs = instantOf(value);
  if (atMs === undefined) return undefined;
  if (typeof value === 'string' && numberOf(value) === undefined)
    return { month: Number(value.slice(5, 7)) - 1, day: Number(value.slice(8, 10)) };
  const date = new Date(atMs);
  return { month: date.getUTCMonth(), day: date.getUTCDate() };
}

/** The day comes back today or in at most so many days, by the zone's calendar. 29 February comes back on 28 February. */
function evaluateAnniversary(days: number, value: Json | undefined, when: { nowMs: number; zone: string }): Flip {
  const date = dayOfYear(value);
  if (date === undefined) return { holds: false, nextMs: NEVER };
  const today = localDay(when.zone, when.nowMs);
  const year = new Date(today * DAY_MS).getUTCFullYear();
  const thisYears = returnIn(year, date);
  const next = thisYears >= today ? thisYears : returnIn(year + 1, date);
  const holds = next - today <= days;
  return { holds, nextMs: dayStartMs(when.zone, holds ? next + 1 : next - days) };
}

const DAY_MS = 86_400_000;

function returnIn(year: number, { month, day }: DayOfYear): number {
  const isLeapDay = month === 1 && day === 29;
  return isLeapDay ? dayNumber(year, 2, 1) - 1 : dayNumber(year, month, day);
}

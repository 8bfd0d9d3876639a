import { type CalendarPeriod, type Duration, type Period, type Zone } from '@segue/contract';

import { CALENDAR_SPAN_MS, calendarSpan } from './calendar.ts';
import { ruleInstant } from './condition.ts';
import { type Flip, LOOK_AHEAD_MAX, NEVER } from './flip.ts';

/** Whose calendar: an IANA zone, or the customer's with what stands in for hers when it is not known. */
export interface ZoneChoice {
  readonly name: string;
  readonly isCustomers: boolean;
}

/** Which part of the past a leaf asks about. Plain data. */
export type Window =
  | { readonly kind: 'ever' }
  /** (now - ms, now] */
  | { readonly kind: 'last'; readonly ms: number }
  | { readonly kind: 'calendar'; readonly period: CalendarPeriod; readonly zone: ZoneChoice };

export function zoneChoice(zone: Zone | undefined, workspaceZone: string): ZoneChoice {
  return { name: workspaceZone, isCustomers: zone === 'customer' };
}

export function windowOf({ within, during, zone }: Period, workspaceZone: string): Window {
  if (within !== undefined) return { kind: 'last', ms: durationMs(within) };
  if (during !== undefined) return { kind: 'calendar', period: during, zone: zoneChoice(zone, workspaceZone) };
  return { kind: 'ever' };
}

/** How far back what a window can hold reaches; infinite: for ever. */
export function windowReachMs(window: Window): number {
  if (window.kind === 'last') return window.ms;
  return window.kind === 'calendar' ? CALENDAR_SPAN_MS[window.period] : NEVER;
}

/** The absolute bounds of a period: [fromMs, untilMs). */
export function absoluteBounds({ after, before }: Pick<Period, 'after' | 'before'>): {
  fromMs: number;
  untilMs: number;
} {
  return {
    fromMs: after === undefined ? Number.NEGATIVE_INFINITY : ruleInstant(after),
    untilMs: before === undefined ? NEVER : ruleInstant(before),
  };
}

/** The length of a rule's duration. */
export function durationMs({ days = 0, hours = 0, minutes = 0, seconds = 0 }: Duration): number {
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
}

/** Instants that a window moves over. */
export interface Moments {
  /** The newest one, those yet to come too; -Infinity: there is none. */
  readonly newestMs: number;
  /** The first one after an instant; `NEVER` when there is none. */
  firstAfter(atMs: number): number;
}

/** Walks a calendar window ahead over its own boundaries and over what comes, until its truth changes. */
export function flipInCalendar(
  { period, zone }: { readonly period: CalendarPeriod; readonly zone: string },
  moments: Moments,
  { nowMs, holdsIn }: { readonly nowMs: number; readonly holdsIn: (fromMs: number, untilMs: number) => boolean },
): Flip {
  const holdsAt = (atMs: number): boolean => {
    const { fromMs, untilMs } = calendarSpan(period, zone, atMs);
    return holdsIn(fromMs, Math.min(untilMs, atMs + 1));
  };
  const holds = holdsAt(nowMs);
  let atMs = nowMs;
  for (let looked = 0; looked < LOOK_AHEAD_MAX; looked += 1) {
    const span = calendarSpan(period, zone, atMs);
    // The window only moves ahead: when everything lies before it, nothing comes into it or leaves it any more.
    if (moments.newestMs < span.fromMs) return { holds, nextMs: NEVER };
    atMs = Math.min(span.changesAtMs, moments.firstAfter(atMs));
    if (holdsAt(atMs) !== holds) break;
  }
  return { holds, nextMs: atMs };
}

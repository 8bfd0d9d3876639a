import type { JourneyGraph } from '@segue/contract';

import type { ShopEvent } from './arbitrary-journey.ts';

/** What must have become of one run, in minutes. */
export interface NaiveRun {
  readonly key: string;
  readonly entered: number;
  ended: number | null;
  reason: string | null;
  goal: number | null;
  readonly sent: { step: string; minute: number }[];
}

interface Waiting {
  readonly untilMinute: number;
  /** The index of the event taken; undefined when it is not waited for. */
  takes(event: ShopEvent): number | undefined;
}
type Answer = { readonly minute: number; readonly taken: number | undefined };

/** A run as a person would walk it: a routine that pauses where the graph says to wait. */
function* walk(graph: JourneyGraph, run: NaiveRun, entry: ShopEvent): Generator<Waiting, number, Answer> {
  let minute = entry.minute;
  let at: string | undefined = graph.start;
  while (at !== undefined) {
    const step = graph.steps.find(({ id }) => id === at)!;
    if (step.kind === 'exit') return minute;
    if (step.kind === 'send') {
      run.sent.push({ step: step.id, minute });
      at = step.next;
    } else if (step.kind === 'delay') {
      minute = (yield { untilMinute: minute + step.duration.minutes!, takes: () => undefined }).minute;
      at = step.next;
    } else if (step.kind === 'branch') {
      const asked = step.branches[0]!;
      const least = asked.when[0] as { value: number };
      at = entry.total >= least.value ? asked.next : step.otherwise;
    } else {
      const [waited] = step.events;
      const least = waited!.where === undefined ? 0 : 2;
      const answer: Answer = yield {
        untilMinute: minute + step.timeout.minutes!,
        takes: (event) =>
          event.name === waited!.event && event.total >= least && concerns(graph, run, event) ? 0 : undefined,
      };
      minute = answer.minute;
      at = answer.taken === undefined ? step.onTimeout : waited!.next;
    }
  }
  return minute;
}

function concerns(graph: JourneyGraph, run: NaiveRun, event: ShopEvent): boolean {
  return graph.key === undefined || event.cart === undefined || event.cart === run.key;
}

interface Live {
  readonly run: NaiveRun;
  readonly routine: Generator<Waiting, number, Answer>;
  waiting: Waiting | null;
  /** While its goal still counts. */
  watchedUntil: number;
}

/** Events in order of time, each minute first ending what is over; every run is looked at for every event. */
export function naiveRuns(graph: JourneyGraph, events: readonly ShopEvent[], untilMinute: number): NaiveRun[] {
  const lives: Live[] = [];
  const move = (live: Live, next: IteratorResult<Waiting, number>): void => {
    live.waiting = next.done ? null : next.value;
    if (!next.done) return;
    Object.assign(live.run, { ended: next.value, reason: 'completed' });
    const listens = graph.goal !== undefined || graph.exits !== undefined;
    const watchMinutes = graph.goal === undefined ? 7 * 1440 : 20;
    live.watchedUntil = listens && live.run.sent.length > 0 ? next.value + watchMinutes : 0;
  };
  const stop = (live: Live, reason: string, minute: number): void => {
    if (live.waiting !== null) live.run.ended = minute;
    live.run.reason = reason;
    live.waiting = null;
    live.watchedUntil = 0;
  };
  const hear = (live: Live, event: ShopEvent): void => {
    const isOpen = live.waiting !== null || event.minute < live.watchedUntil;
    if (!isOpen || !concerns(graph, live.run, event)) return;
    if (graph.goal !== undefined && event.name === 'Order Completed') {
      live.run.goal = event.minute;
      return stop(live, 'goal', event.minute);
    }
    if (graph.exits !== undefined && event.name === 'Cart Cleared') return stop(live, 'exit_condition', event.minute);
    const taken = live.waiting?.takes(event);
    if (taken !== undefined) move(live, live.routine.next({ minute: event.minute, taken }));
  };
  const enter = (event: ShopEvent): void => {
    const key = graph.key === undefined ? '' : event.cart;
    if (event.name !== 'Cart Filled' || key === undefined) return;
    const same = lives.filter((live) => live.run.key === key);
    const active = same.find((live) => live.waiting !== null);
    if (active !== undefined && (graph.reentry !== 'always' || active.run.entered === event.minute)) return;
    if (active !== undefined) stop(active, 'restarted', event.minute);
    else if (graph.reentry === 'never' && same.length > 0) return;
    else if (same.some((live) => live.run.entered === event.minute)) return;
    const run: NaiveRun = { key, entered: event.minute, ended: null, reason: null, goal: null, sent: [] };
    const live: Live = { run, routine: walk(graph, run, event), waiting: null, watchedUntil: 0 };
    lives.push(live);
    move(live, live.routine.next());
  };
  for (let minute = 0; minute <= untilMinute; minute++) {
    for (const live of lives) {
      while (live.waiting !== null && live.waiting.untilMinute <= minute) {
        move(live, live.routine.next({ minute: live.waiting.untilMinute, taken: undefined }));
      }
    }
    for (const event of events.filter((candidate) => candidate.minute === minute)) {
      for (const live of [...lives]) hear(live, event);
      enter(event);
    }
  }
  return lives.map(({ run }) => run);
}

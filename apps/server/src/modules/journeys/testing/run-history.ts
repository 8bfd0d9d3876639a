import type { JourneyGraph } from '@segue/contract';

import { compileGraph } from '../graph.ts';
import { indexJourneys, type LiveJourneys } from '../live-journeys.ts';
import { ProfileRuns, type Outcome } from '../profile-runs.ts';
import type { JourneySection } from '../memory.ts';
import type { HeardEvent, JourneyRun } from '../types.ts';
import { EPOCH_MS, MINUTE_MS, type ShopEvent } from './arbitrary-journey.ts';

export type LoggedShopEvent = HeardEvent & { readonly nodes: readonly [] };

export function shopEvent(event: ShopEvent, place: { lane: number; seq: number }): LoggedShopEvent {
  const properties = event.cart === undefined ? { total: event.total } : { total: event.total, cart: event.cart };
  return {
    type: 'track',
    name: event.name,
    occurredAt: EPOCH_MS + event.minute * MINUTE_MS,
    payload: { properties },
    log: 0,
    nodes: [],
    ...place,
  };
}

export function liveWith(graph: JourneyGraph): LiveJourneys {
  return indexJourneys([
    { id: 'j1', name: 'Journey', state: 'published', version: 1, graphs: new Map([[1, compileGraph(graph)]]) },
  ]);
}

/** One profile between batches: what would be stored, through JSON as the database does it. */
export class StoredProfile {
  section: JourneySection = {};
  runs: JourneyRun[] = [];
  readonly outcomes: Outcome[] = [];
  readonly live: LiveJourneys;
  readonly profileId: string;
  #ids = 0;

  constructor(live: LiveJourneys, profileId = 'p1') {
    this.live = live;
    this.profileId = profileId;
  }

  open(now: number): ProfileRuns {
    const { live, profileId, section } = this;
    const state = {
      profileId,
      section,
      runs: this.runs.filter((run) => run.state !== 'ended'),
      past: new Set(this.runs.map((run) => `${run.journeyId}:${run.key}`)),
    };
    return new ProfileRuns(state, {
      live,
      now,
      newId: () => `${profileId}r${this.#ids++}`,
      isMember: () => false,
      traits: {},
    });
  }

  save(opened: ProfileRuns): void {
    this.section = JSON.parse(JSON.stringify(opened.section)) as JourneySection;
    const ended = this.runs.filter((run) => !opened.runs.has(run.id));
    this.runs = JSON.parse(JSON.stringify([...ended, ...opened.runs.values()])) as JourneyRun[];
    this.outcomes.push(...opened.outcomes);
  }

  /** One batch of events. */
  hear(events: readonly LoggedShopEvent[], now: number): Outcome[] {
    const opened = this.open(now);
    for (const event of events) {
      const heard = this.live.listen(event);
      if (heard !== undefined) opened.hear(event, heard);
    }
    this.save(opened);
    return opened.outcomes;
  }

  /** Rounds of the waker until nothing is due. */
  wakeDue(now: number): void {
    for (;;) {
      const opened = this.open(now);
      const due = [...opened.runs.values()].filter((run) => run.wakeAt !== null && run.wakeAt <= now);
      if (due.length === 0) return;
      for (const run of due) opened.wake(run);
      this.save(opened);
    }
  }
}

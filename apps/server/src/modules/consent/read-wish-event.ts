import type { LoggedEvent } from '../../platform/eventlog/index.ts';
import { causeOfEvent } from './read-consent-event.ts';
import type { WishFact } from './record-wishes.ts';
import type { WishValue } from './rhythm.ts';

/** What one of Segue's own events says about when and how often; a public write key cannot slow a customer's messages down. */
export function readWishEvent(event: LoggedEvent): Omit<WishFact, 'profileId' | 'node'> | undefined {
  const value = event.type === 'internal' ? valueOf(event) : undefined;
  if (value === undefined) return undefined;
  const source = event.payload.properties?.source;
  const said = { value, occurredAt: event.occurredAt, cause: causeOfEvent(event.id) };
  return { ...said, source: typeof source === 'string' ? source : 'event' };
}

function valueOf({ name, payload }: LoggedEvent): WishValue | undefined {
  const { until, frequency } = payload.properties ?? {};
  switch (name) {
    case 'Messages Paused': {
      const untilMs = typeof until === 'string' ? Date.parse(until) : Number.NaN;
      return Number.isNaN(untilMs) ? undefined : { kind: 'pause', until: untilMs };
    }
    case 'Messages Resumed':
      return { kind: 'pause', until: undefined };
    case 'Message Frequency Changed':
      return { kind: 'frequency', isLessOften: frequency === 'less_often' };
    default:
      return undefined;
  }
}

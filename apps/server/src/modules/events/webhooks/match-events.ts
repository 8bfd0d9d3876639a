import type { LoggedEvent } from '../../../platform/eventlog/index.ts';
import type { ConsentDemand } from './consent-filter.ts';

/** What an endpoint asks for; without a type or a name, any. `*` in a name stands for any text. */
export interface EventFilter {
  readonly type?: string | undefined;
  readonly name?: string | undefined;
}

/** An endpoint as far as it decides which events are for it. */
export interface EndpointDefinition {
  readonly workspaceId: number;
  readonly id: string;
  readonly events: readonly EventFilter[];
  readonly sourceNumber: number | undefined;
  readonly includePersonal: boolean;
  readonly consent: ConsentDemand;
  /** Last event of each lane that is not for it, by `log/lane`. */
  readonly startsAfter: ReadonlyMap<string, number>;
}

type Judged = Pick<LoggedEvent, 'type' | 'name' | 'log' | 'lane' | 'seq' | 'payload'>;

/** Whether an event of its workspace is to be delivered to an endpoint. Pure. */
export function isWanted(endpoint: EndpointDefinition, event: Judged): boolean {
  if (event.type === 'map' || event.payload.replayOf !== undefined) return false;
  if (event.seq <= (endpoint.startsAfter.get(`${event.log}/${event.lane}`) ?? 0)) return false;
  if (endpoint.sourceNumber !== undefined && event.payload.source !== endpoint.sourceNumber) return false;
  return endpoint.events.length === 0 || endpoint.events.some((filter) => fits(filter, event));
}

function fits(filter: EventFilter, event: Pick<LoggedEvent, 'type' | 'name'>): boolean {
  if (filter.type !== undefined && filter.type !== event.type) return false;
  return filter.name === undefined || fitsPattern(filter.name, event.name);
}

/** Whether a text fits a pattern in which `*` stands for any text. Pattern times text at worst, never more. Pure. */
export function fitsPattern(pattern: string, text: string): boolean {
  let inPattern = 0;
  let inText = 0;
  let star = -1;
  let starText = 0;
  while (inText < text.length) {
    if (pattern[inPattern] === '*') {
      star = inPattern++;
      starText = inText;
    } else if (pattern[inPattern] === text[inText]) {
      inPattern++;
      inText++;
    } else if (star >= 0) {
      // The last star takes one character more.
      inPattern = star + 1;
      inText = ++starText;
    } else return false;
  }
  while (pattern[inPattern] === '*') inPattern++;
  return inPattern === pattern.length;
}

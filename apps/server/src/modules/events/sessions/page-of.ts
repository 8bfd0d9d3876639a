import type { EventPayload, EventType } from '../../../platform/eventlog/index.ts';
import { isJsonObject, type JsonObject } from '../../../platform/json.ts';

/** What of an event the sessions look at. */
export interface BehaviourEvent {
  readonly id: string;
  readonly type: EventType;
  readonly name: string;
  readonly occurredAt: number;
  readonly payload: EventPayload;
}

/** Where an event happened, as its sender says; '' for what it does not say or what is kept sealed. */
export interface Page {
  readonly url: string;
  readonly path: string;
  readonly search: string;
  readonly referrer: string;
}

/** Of these types is whatever `isBehaviour`. */
export const BEHAVIOUR_TYPES: readonly EventType[] = ['track', 'page', 'screen'];
const LANDING_LENGTH_MAX = 160;
const NOTHING: JsonObject = {};

/**
 * Whether somebody did something in front of a screen: page and screen calls, and tracked events that say on which page or
 * screen. What a server, a till or Segue itself reports is not behaviour: no session begins with it. Nor is a test.
 */
export function isBehaviour(event: BehaviourEvent): boolean {
  // Written out: this is asked of every event.
  if (event.type !== 'track' && event.type !== 'page' && event.type !== 'screen') return false;
  const { context } = event.payload;
  if (context?.['test'] === true) return false;
  return event.type !== 'track' || isJsonObject(context?.['page']) || isJsonObject(context?.['screen']);
}

/** The page of an event: its context, and for a page call what its properties say instead. */
export function pageOf(event: BehaviourEvent): Page {
  const page = objectOf(event.payload.context?.['page']);
  const own = event.type === 'page' ? objectOf(event.payload.properties) : NOTHING;
  return {
    url: textOf(page['url']) || textOf(own['url']),
    path: textOf(page['path']) || textOf(own['path']),
    search: textOf(page['search']) || textOf(own['search']),
    referrer: textOf(page['referrer']) || textOf(own['referrer']),
  };
}

/** The page without its query, which may hold anything; else the path, else the screen's name. */
export function landingOf(event: BehaviourEvent, page: Page): string {
  const plain = page.url.replace(/[?#].*$/s, '') || page.path.replace(/[?#].*$/s, '');
  const landing = plain || (event.type === 'screen' ? event.name : '');
  return landing.includes('@') ? '' : cut(landing, LANDING_LENGTH_MAX);
}

/** The host of a URL in lower case, without `www.`; '' when there is none. */
export function hostOf(url: string): string {
  const host = /^[a-zA-Z][a-zA-Z0-9+.-]*:\/\/([^/?#:@]+)/.exec(url)?.[1] ?? '';
  return host.toLowerCase().replace(/^www\./, '');
}

/** At most so many characters, none of them halved. */
export function cut(text: string, lengthMax: number): string {
  return text.length <= lengthMax ? text : Array.from(text).slice(0, lengthMax).join('');
}

export function objectOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : NOTHING;
}

/** A number is its digits: `utm_content=7` arrives as either. */
export function textOf(value: unknown): string {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? value : '';
}

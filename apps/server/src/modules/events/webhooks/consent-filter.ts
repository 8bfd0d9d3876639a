import type { LoggedEvent } from '../../../platform/eventlog/index.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../platform/json.ts';

/** What a destination needs consent for. */
export interface ConsentDemand {
  /** Categories of the consent platform; none: it needs no consent. */
  readonly categories: readonly string[];
  /** It is there for advertising: an opt-out of sale and sharing keeps everything from it. */
  readonly isAdvertising: boolean;
}

/** Segment's words for it, as members of other products know them. */
export const FILTERED_BY_CONSENT = 'Filtered by end user consent';

/** Destinations must be told when consent is withdrawn, so this event is kept from none. */
const PREFERENCE_EVENT = 'Segment Consent Preference Updated';

/**
 * Whether an event may go to a destination by the consent stamped on it. Sources: Segment, "Consent in Segment
 * Connections": without a consent object an event flows; an empty `categoryPreferences` is false for every category; of
 * several categories each must be true. RudderStack, "Passing consent": `consentManagement` with `deniedConsentIds`,
 * `allowedConsentIds` and `resolutionStrategy`; an id in neither list is denied once anything is allowed by name. Where
 * both are given, both must allow. Global Privacy Control (`context.consent.gpc`) is an opt-out of sale and sharing. Pure.
 */
export function mayReceive(event: Pick<LoggedEvent, 'type' | 'name' | 'payload'>, demand: ConsentDemand): boolean {
  if (demand.categories.length === 0 && !demand.isAdvertising) return true;
  if (event.type === 'track' && event.name === PREFERENCE_EVENT) return true;
  const context = event.payload.context;
  const consent = objectOf(context?.['consent']);
  if (demand.isAdvertising && isTrue(consent?.['gpc'])) return false;
  if (demand.categories.length === 0) return true;
  return allowedBySegment(consent, demand.categories) && allowedByRudder(context, demand.categories);
}

function allowedBySegment(consent: JsonObject | undefined, categories: readonly string[]): boolean {
  const preferences = objectOf(consent?.['categoryPreferences'] ?? consent?.['categoryPreference']);
  if (preferences === undefined) return true;
  return categories.every((category) => Object.hasOwn(preferences, category) && preferences[category] === true);
}

function allowedByRudder(context: JsonObject | undefined, categories: readonly string[]): boolean {
  const management = objectOf(context?.['consentManagement']);
  if (management === undefined) return true;
  const allowed = textsOf(management['allowedConsentIds']);
  const denied = textsOf(management['deniedConsentIds']);
  if (allowed.length === 0 && denied.length === 0) return true;
  const isAllowed = (category: string): boolean =>
    !denied.includes(category) && (allowed.length === 0 || allowed.includes(category));
  return management['resolutionStrategy'] === 'or' ? categories.some(isAllowed) : categories.every(isAllowed);
}

function objectOf(value: Json | undefined): JsonObject | undefined {
  return isJsonObject(value) ? value : undefined;
}

function textsOf(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
}

/** A browser's JavaScript says true, a header 1. */
function isTrue(value: Json | undefined): boolean {
  return value === true || value === 1 || value === '1';
}

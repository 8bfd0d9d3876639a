import type { LoggedEvent } from '../../../platform/eventlog/index.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../platform/json.ts';
import type { Sql } from '../../../platform/postgres/index.ts';

/** What a destination needs consent for. */
export interface ConsentDemand {
  /** Categories of the consent platform; none: it needs no consent. */
  readonly categories: readonly string[];
  /** It is there for advertising: an opt-out of sale and sharing keeps everything from it. */
  readonly isAdvertising: boolean;
}

/** What TCF and GPP strings and Global Privacy Control say of an event and of whoever it is about. */
export interface SignalConsent {
  /** She opted out of sale, sharing or targeted advertising of her data. */
  readonly isOptedOut: boolean;
  /** The purposes of the TCF that are allowed; undefined: no TC string was ever sent. */
  readonly purposes: ReadonlySet<number> | undefined;
}

/** Reads signals for one workspace, one query a table; joined in compose, as they are kept above. */
export type ReadSignals = (
  sql: Sql,
  workspaceId: number,
  leaving: readonly { readonly event: LoggedEvent; readonly profileId: string | undefined }[],
) => Promise<ReadonlyMap<LoggedEvent, SignalConsent>>;

/** A category that is a purpose of the TCF: `tcf:4`. */
const PURPOSE = /^tcf:([1-9]\d?)$/;

/** Whether signals decide what the destination gets. */
export function needsSignals({ categories, isAdvertising }: ConsentDemand): boolean {
  return isAdvertising || categories.some((category) => PURPOSE.test(category));
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
 * both are given, both must allow. Global Privacy Control (`context.consent.gpc`) is an opt-out of sale and sharing, as are those in the sections of a GPP string about the
 * USA; a category `tcf:4` is allowed by the TC string alone. Pure.
 */
export function mayReceive(
  event: Pick<LoggedEvent, 'type' | 'name' | 'payload'>,
  demand: ConsentDemand,
  signals: SignalConsent | undefined,
): boolean {
  if (demand.categories.length === 0 && !demand.isAdvertising) return true;
  if (event.type === 'track' && event.name === PREFERENCE_EVENT) return true;
  const context = event.payload.context;
  const consent = objectOf(context?.['consent']);
  if (demand.isAdvertising && (isTrue(consent?.['gpc']) || signals?.isOptedOut === true)) return false;
  const purposes = demand.categories.flatMap((category) => PURPOSE.exec(category)?.[1] ?? []).map(Number);
  const allowed = signals?.purposes;
  if (allowed !== undefined && !purposes.every((purpose) => allowed.has(purpose))) return false;
  const categories = demand.categories.filter((category) => !PURPOSE.test(category));
  if (categories.length === 0) return true;
  return allowedBySegment(consent, categories) && allowedByRudder(context, categories);
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

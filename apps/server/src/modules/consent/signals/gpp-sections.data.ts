/** A field of a US section: two bits, or two bits for each of several data activities. */
export type UsField = readonly [name: string, count?: number];

export interface UsSection {
  readonly name: string;
  readonly fields: readonly UsField[];
  /** What follows its core is about sensitive data, not Global Privacy Control. */
  readonly isWithoutGpc?: true;
}

const MSPA: readonly UsField[] = [['mspaCoveredTransaction'], ['mspaOptOutOptionMode'], ['mspaServiceProviderMode']];

function national(sensitive: number, children: number): UsSection {
  return {
    name: 'usnat',
    fields: [
      ['sharingNotice'],
      ['saleOptOutNotice'],
      ['sharingOptOutNotice'],
      ['targetedAdvertisingOptOutNotice'],
      ['sensitiveDataProcessingOptOutNotice'],
      ['sensitiveDataLimitUseNotice'],
      ['saleOptOut'],
      ['sharingOptOut'],
      ['targetedAdvertisingOptOut'],
      ['sensitiveDataProcessing', sensitive],
      ['knownChildSensitiveDataConsents', children],
      ['personalDataConsents'],
      ...MSPA,
    ],
  };
}

/** A state that knows sale and targeted advertising. */
function state(name: string, sensitive: number, children: number): UsSection {
  return {
    name,
    fields: [
      ['sharingNotice'],
      ['saleOptOutNotice'],
      ['targetedAdvertisingOptOutNotice'],
      ['saleOptOut'],
      ['targetedAdvertisingOptOut'],
      ['sensitiveDataProcessing', sensitive],
      ['knownChildSensitiveDataConsents', children],
      ...MSPA,
    ],
  };
}

/** A state that came to it in 2024: it asks for consent to further processing, too. */
function laterState(name: string, sensitive: number, children: number): UsSection {
  return {
    name,
    fields: [
      ['processingNotice'],
      ['saleOptOutNotice'],
      ['targetedAdvertisingOptOutNotice'],
      ['saleOptOut'],
      ['targetedAdvertisingOptOut'],
      ['sensitiveDataProcessing', sensitive],
      ['knownChildSensitiveDataConsents', children],
      ['additionalDataProcessingConsent'],
      ...MSPA,
    ],
  };
}

/** It names its first notice otherwise than those that came with it. */
function montana(): UsSection {
  const [, ...rest] = laterState('usmt', 8, 3).fields;
  return { name: 'usmt', fields: [['sharingNotice'], ...rest] };
}

/**
 * A state of 2025: the agreement and its version stand first, where others have the version of the section. So the IAB's own
 * encoder (@iabgpp/cmpapi 3.2) writes it; the drafts of 2025 put a header with the section's id before it.
 */
function latestState(name: string): UsSection {
  return {
    name,
    fields: [
      ['mspaCoveredTransaction'],
      ['mspaMode'],
      ['processingNotice'],
      ['saleOptOutNotice'],
      ['targetedAdvertisingOptOutNotice'],
      ['saleOptOut'],
      ['targetedAdvertisingOptOut'],
      ['knownChildSensitiveDataConsents'],
      ['additionalDataProcessingConsent'],
    ],
    isWithoutGpc: true,
  };
}

/** As those of 2025, but with Global Privacy Control and nothing of children. */
const MARYLAND: UsSection = {
  name: 'usmd',
  fields: latestState('usmd').fields.filter(([name]) => name !== 'knownChildSensitiveDataConsents'),
};

export const US_NATIONAL_ID = 7;
/** As it was first published, with 12 kinds of sensitive data and two of children's. */
export const US_NATIONAL_SHORT = national(12, 2);
/** As it is since 2024, under either version number. */
export const US_NATIONAL_LONG = national(16, 3);

/**
 * Sections of the states by their id. Source: IAB Tech Lab, Global Privacy Platform, Sections/US-States; ids and layouts
 * compared field by field with the IAB's own encoder, @iabgpp/cmpapi 3.2.
 */
export const US_STATES: ReadonlyMap<number, UsSection> = new Map([
  [
    8,
    {
      name: 'usca',
      fields: [
        ['saleOptOutNotice'],
        ['sharingOptOutNotice'],
        ['sensitiveDataLimitUseNotice'],
        ['saleOptOut'],
        ['sharingOptOut'],
        ['sensitiveDataProcessing', 9],
        ['knownChildSensitiveDataConsents', 2],
        ['personalDataConsents'],
        ...MSPA,
      ],
    },
  ],
  [9, state('usva', 8, 1)],
  [10, state('usco', 7, 1)],
  [
    11,
    {
      name: 'usut',
      fields: [
        ['sharingNotice'],
        ['saleOptOutNotice'],
        ['targetedAdvertisingOptOutNotice'],
        ['sensitiveDataProcessingOptOutNotice'],
        ['saleOptOut'],
        ['targetedAdvertisingOptOut'],
        ['sensitiveDataProcessing', 8],
        ['knownChildSensitiveDataConsents', 1],
        ...MSPA,
      ],
    },
  ],
  [12, state('usct', 8, 3)],
  [13, laterState('usfl', 8, 3)],
  [14, montana()],
  [15, laterState('usor', 11, 3)],
  [16, laterState('ustx', 8, 1)],
  [17, laterState('usde', 9, 5)],
  [
    18,
    {
      name: 'usia',
      fields: [
        ['processingNotice'],
        ['saleOptOutNotice'],
        ['targetedAdvertisingOptOutNotice'],
        ['sensitiveDataOptOutNotice'],
        ['saleOptOut'],
        ['targetedAdvertisingOptOut'],
        ['sensitiveDataProcessing', 8],
        ['knownChildSensitiveDataConsents', 1],
        ...MSPA,
      ],
    },
  ],
  [19, laterState('usne', 8, 1)],
  [20, laterState('usnh', 8, 3)],
  [21, laterState('usnj', 10, 5)],
  [22, laterState('ustn', 8, 1)],
  [23, laterState('usmn', 8, 1)],
  [24, MARYLAND],
  [25, latestState('usin')],
  [26, latestState('usky')],
  [27, latestState('usri')],
]);

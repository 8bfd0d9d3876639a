/** A field of a US section: two bits, or two bits for each of several data activities. */
export type UsField = readonly [name: string, count?: number];

export interface UsSection {
  readonly name: string;
  readonly fields: readonly UsField[];
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

/** A state of 2025: the agreement stands first. What follows the opt-outs still changes from draft to draft and is not read. */
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
    ],
  };
}

export const US_NATIONAL_ID = 7;
/** As it was first published, with 12 kinds of sensitive data and two of children's. */
export const US_NATIONAL_SHORT = national(12, 2);
/** As it is since 2024, under either version number. */
export const US_NATIONAL_LONG = national(16, 3);

/** Sections of the states by their id. Source: IAB Tech Lab, Global Privacy Platform, Sections/US-States. */
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
  [14, laterState('usmt', 8, 3)],
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
  [24, latestState('usmd')],
  [25, latestState('usin')],
  [26, latestState('usky')],
  [27, latestState('usri')],
]);

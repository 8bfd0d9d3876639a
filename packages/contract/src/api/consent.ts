import { z } from 'zod';

import {
  channelSchema,
  createPreferenceLinkSchema,
  createTopicSchema,
  liftSuppressionSchema,
  recordConsentSchema,
  setRhythmSchema,
  suppressAddressSchema,
  suppressionReasonSchema,
  TOPIC_KINDS,
  updateTopicSchema,
  writeWordingSchema,
} from '../consent.ts';
import { defineEndpoint, instantSchema, pageOf, pageQuerySchema } from '../endpoint.ts';

/** What messages can be about. */
export const consentTopicSchema = z.strictObject({
  topic: z.string(),
  name: z.string(),
  description: z.string().nullable().describe('What the customer reads below the name'),
  kind: z.enum(TOPIC_KINDS).describe('The legal basis: `marketing`, or `transactional` for what needs no consent'),
  default: z
    .enum(['opt_in', 'opt_out'])
    .describe('What holds of who never said anything: `opt_in` forbids, `opt_out` permits'),
  requiresOptIn: z.boolean().describe('Whether a message is forbidden until the customer said yes'),
  doubleOptIn: z
    .boolean()
    .describe('Whether a yes counts only once it was confirmed from the mailbox it was given for'),
  isDefault: z.boolean().describe('Whether the console suggests it for a new message of its kind'),
});
export type ConsentTopic = z.infer<typeof consentTopicSchema>;

/** One word of a customer, with what proves it. */
export const consentSchema = z
  .strictObject({
    id: z.guid(),
    channel: z.string(),
    topic: z.string().describe('`*` stands for every marketing topic'),
    status: z
      .enum(['granted', 'denied', 'pending'])
      .describe('`pending` is no permission: it waits for the customer to confirm it'),
    occurredAt: instantSchema,
    recordedAt: instantSchema,
    source: z.string(),
    isConfirmed: z.boolean().describe('Whether it was said from the mailbox itself'),
    isCurrent: z
      .boolean()
      .describe('Whether it is her last word on this channel and topic; what is `pending` is none yet'),
    text: z.string().optional().describe('The wording she saw'),
    url: z.string().optional().describe('The page it stood on'),
    ip: z.string().optional().describe('Where she came from'),
    message: z.string().optional().describe('The mail whose link she used: `msg_…`'),
    language: z.string().optional().describe('Of the wording'),
    legalBasis: z.enum(TOPIC_KINDS).describe('Why messages of the topic may go at all, as it was when it was said'),
    addressHash: z.guid().nullable().describe('The address a yes was confirmed for; it permits no other'),
    wording: z
      .strictObject({ id: z.string(), version: z.int() })
      .nullable()
      .describe('Which version of which text she saw'),
  })
  .meta({ id: 'Consent' });
export type Consent = z.infer<typeof consentSchema>;

/** An address that must not be used. The address itself is not kept. */
export const suppressionSchema = z.strictObject({
  addressHash: z.guid(),
  channel: z.string(),
  reason: suppressionReasonSchema,
  source: z.string(),
  occurredAt: instantSchema,
});
export type Suppression = z.infer<typeof suppressionSchema>;

/** What holds of one topic for one address, and whether a message would be permitted now. */
export const permissionSchema = z
  .strictObject({
    channel: z.string(),
    addressHash: z.guid().nullable().describe('Null: she was asked about this channel, but has no address on it'),
    isUsed: z.boolean().describe('Whether messages on this channel go to this address'),
    topic: z.string(),
    state: z
      .enum(['subscribed', 'unsubscribed', 'pending', 'never_asked'])
      .describe('`pending`: she said yes, but it is not confirmed for this address'),
    legalBasis: z.enum(TOPIC_KINDS),
    default: z.enum(['opt_in', 'opt_out']).describe('What holds of who never said anything'),
    isPermitted: z.boolean().describe('Whether a message would be permitted now'),
    refusedFor: z
      .enum(['restricted', 'suppressed', 'denied', 'unconfirmed', 'unasked', 'paused', 'no_address'])
      .nullable()
      .describe(
        'Why not; `restricted`: by a privacy request, whatever she said. Limits of frequency are judged at the moment of sending',
      ),
    suppression: suppressionReasonSchema.nullable(),
    record: consentSchema.nullable().describe('The last word behind it'),
  })
  .meta({ id: 'Permission' });
export type PresentedPermission = z.infer<typeof permissionSchema>;

/** When and how often a customer wants to hear from us. */
export const rhythmSchema = z
  .strictObject({
    frequency: z
      .enum(['usual', 'less_often'])
      .describe(
        '`less_often`: of marketing, over all channels, what the send policy sets for it (at first one a week)',
      ),
    pausedUntil: instantSchema.nullable().describe('No marketing before this; null: not paused'),
  })
  .meta({ id: 'Rhythm' });
export type PresentedRhythm = z.infer<typeof rhythmSchema>;

/** One version of a text customers agree to; it is never changed. */
export const wordingSchema = z
  .strictObject({
    id: z.string(),
    version: z.int(),
    language: z.string(),
    text: z.string(),
    createdAt: instantSchema,
  })
  .meta({ id: 'ConsentWording' });
export type ConsentWording = z.infer<typeof wordingSchema>;

/** A link to a customer's own preference page. */
export const preferenceLinkSchema = z
  .strictObject({
    url: z.string().describe('Whoever has it changes what she wants: show it to nobody but her'),
    channel: z.string(),
    addressHash: z.guid().describe('The address it is about'),
    expiresAt: z.null().describe('null: it never expires'),
  })
  .meta({ id: 'PreferenceLink' });
export type PreferenceLink = z.infer<typeof preferenceLinkSchema>;

export const consentEndpoints = {
  getPermissions: defineEndpoint({
    method: 'GET',
    path: '/api/v1/profiles/{id}/permissions',
    scope: 'consent:read',
    tag: 'Consent',
    summary: 'Read what may be sent to a customer: every channel and address against every topic',
    answer: z.strictObject({
      permissions: z.array(permissionSchema),
      rhythm: rhythmSchema,
      profilingObjectedAt: instantSchema
        .nullable()
        .describe('Since when she objects to profiling; journeys of marketing send her nothing. Null: she does not'),
    }),
  }),
  setRhythm: defineEndpoint({
    method: 'POST',
    path: '/api/v1/profiles/{id}/rhythm',
    scope: 'consent:write',
    tag: 'Consent',
    summary: 'Record when and how often a customer wants to hear from us',
    description: 'A pause ends by itself. Only marketing is held back; what concerns orders goes on.',
    body: setRhythmSchema,
    answer: rhythmSchema,
  }),
  listConsentWordings: defineEndpoint({
    method: 'GET',
    path: '/api/v1/consent-wordings',
    scope: 'consent:read',
    tag: 'Consent',
    summary: 'List the texts customers agree to, by name, newest version first',
    query: pageQuerySchema,
    answer: pageOf(wordingSchema),
  }),
  writeConsentWording: defineEndpoint({
    method: 'POST',
    path: '/api/v1/consent-wordings',
    scope: 'workspace:write',
    tag: 'Consent',
    summary: 'Make a new version of a text customers agree to',
    description: 'The same text again is the same version. Records name the version the customer was shown.',
    body: writeWordingSchema,
    answer: wordingSchema,
  }),
  listTopics: defineEndpoint({
    method: 'GET',
    path: '/api/v1/topics',
    scope: 'consent:read',
    tag: 'Consent',
    summary: 'List the topics of the workspace, in the order they were made',
    query: pageQuerySchema,
    answer: pageOf(consentTopicSchema),
  }),
  createTopic: defineEndpoint({
    method: 'POST',
    path: '/api/v1/topics',
    scope: 'workspace:write',
    tag: 'Consent',
    summary: 'Make a topic',
    body: createTopicSchema,
    status: 201,
    answer: consentTopicSchema,
  }),
  updateTopic: defineEndpoint({
    method: 'PATCH',
    path: '/api/v1/topics/{topic}',
    scope: 'workspace:write',
    tag: 'Consent',
    summary: 'Change a topic',
    description:
      'Its kind stays: what customers were asked for cannot later go without asking. Switching double opt-in on makes every earlier yes that was not confirmed wait for a confirmation.',
    body: updateTopicSchema,
    answer: consentTopicSchema,
  }),
  listProfileConsents: defineEndpoint({
    method: 'GET',
    path: '/api/v1/profiles/{id}/consents',
    scope: 'consent:read',
    tag: 'Consent',
    summary: 'List what a customer said about channels and topics, newest first, with its proof',
    query: pageQuerySchema,
    answer: pageOf(consentSchema),
  }),
  recordConsent: defineEndpoint({
    method: 'POST',
    path: '/api/v1/profiles/{id}/consents',
    scope: 'consent:write',
    tag: 'Consent',
    summary: 'Record what a customer said elsewhere: at the till, on the telephone, in an import',
    description:
      'A yes to a topic with double opt-in, or with `doubleOptIn`, is `pending`; on email Segue mails her a link to confirm it. A topic nobody has made is refused.',
    body: recordConsentSchema,
    status: 204,
  }),
  createPreferenceLink: defineEndpoint({
    method: 'POST',
    path: '/api/v1/profiles/{id}/preference-link',
    scope: 'consent:write',
    tag: 'Consent',
    summary: 'Make a link to the preference page of a customer, for the account page of the shop',
    description:
      'Signed, for one of her addresses. Unlike the link in a mail it proves no mailbox: a yes said there confirms nothing, a topic with double opt-in can only be ended, and an address that was stopped stays so.',
    body: createPreferenceLinkSchema,
    answer: preferenceLinkSchema,
  }),
  listSuppressions: defineEndpoint({
    method: 'GET',
    path: '/api/v1/suppressions',
    scope: 'consent:read',
    tag: 'Consent',
    summary: 'List addresses that must not be used, newest first',
    query: pageQuerySchema.extend({ channel: channelSchema.optional() }),
    answer: pageOf(suppressionSchema),
  }),
  suppressAddress: defineEndpoint({
    method: 'POST',
    path: '/api/v1/suppressions',
    scope: 'consent:write',
    tag: 'Consent',
    summary: 'Make an address unusable, for every profile that has it',
    body: suppressAddressSchema,
    status: 204,
  }),
  liftSuppression: defineEndpoint({
    method: 'DELETE',
    path: '/api/v1/suppressions',
    scope: 'workspace:write',
    tag: 'Consent',
    summary: 'Make an address usable again',
    description: 'Lifts one reason, or every reason when none is named.',
    body: liftSuppressionSchema,
    status: 204,
  }),
} as const;

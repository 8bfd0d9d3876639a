import { z } from 'zod';

import { channelSchema, topicSchema } from './consent.ts';
import { companyConditionSchema, numberSchema, wellFormedText } from './segment-condition.ts';
import { engagementSchema, periodFaults, refuseEach } from './segment-event-leaf.ts';
import {
  type BucketLeaf,
  type CompanyLeaf,
  type ConsentLeaf,
  type EveryoneLeaf,
  LIFECYCLE_STAGES,
  type LifecycleLeaf,
  type ListLeaf,
  MESSAGE_ENGAGEMENTS,
  type MessageLeaf,
  type PlaceLeaf,
  type ReachableLeaf,
  type SegmentLeaf,
} from './segment-language.ts';

/** What she said of a topic; `never_asked`: nothing. */
export const CONSENT_STATES = ['subscribed', 'unsubscribed', 'pending', 'never_asked'] as const;
const PLACES_MAX = 250;
const HALF_THE_GLOBE_KM = 20_037;

const publicIdOf = (prefix: string, noun: string) =>
  z.string({ error: `give the id of a ${noun}, like "${prefix}_…"` }).regex(new RegExp(`^${prefix}_[0-9a-f]{32}$`), {
    error: `give the id of a ${noun}: "${prefix}_" and 32 hex digits`,
  });

export const everyoneLeafSchema: z.ZodType<EveryoneLeaf> = z.strictObject({
  everyone: z.literal(true, { error: 'write { "everyone": true }; for nobody put it in a "not" group' }),
});

export const segmentLeafSchema: z.ZodType<SegmentLeaf> = z.strictObject({ segment: publicIdOf('seg', 'segment') });

export const listLeafSchema: z.ZodType<ListLeaf> = z.strictObject({ list: publicIdOf('lst', 'list') });

const percent = numberSchema
  .multipleOf(0.01, { error: 'give at most two decimals: lots are drawn by hundredths of a percent' })
  .min(0, { error: 'give a percentage from 0 to 100' })
  .max(100, { error: 'give a percentage from 0 to 100' });

export const bucketLeafSchema: z.ZodType<BucketLeaf> = z.strictObject({
  bucket: z
    .strictObject(
      {
        salt: wellFormedText('give a salt: any text; the same one draws the same lots').max(100, {
          error: 'use at most 100 characters',
        }),
        from: percent,
        below: percent,
      },
      { error: 'draw lots like { "salt": "spring test", "from": 0, "below": 50 }' },
    )
    .refine(({ from, below }) => from < below, {
      error: 'nobody is in this bucket: set "from" smaller than "below"',
      path: ['from'],
    }),
});

export const consentLeafSchema: z.ZodType<ConsentLeaf> = z.strictObject({
  consent: z.strictObject(
    {
      channel: channelSchema,
      topic: topicSchema.exactOptional(),
      state: z
        .array(z.enum(CONSENT_STATES, { error: `give states out of ${CONSENT_STATES.join(', ')}` }), {
          error: `give a list of states out of ${CONSENT_STATES.join(', ')}`,
        })
        .min(1, { error: 'give at least one state' }),
    },
    { error: 'ask like { "channel": "email", "topic": "marketing", "state": ["subscribed"] }' },
  ),
});

export const reachableLeafSchema: z.ZodType<ReachableLeaf> = z.strictObject({
  reachable: z.strictObject(
    { channel: channelSchema, topic: topicSchema.exactOptional() },
    { error: 'ask like { "channel": "email", "topic": "marketing" }' },
  ),
});

export const messageLeafSchema: z.ZodType<MessageLeaf> = z
  .strictObject({
    message: z.enum(MESSAGE_ENGAGEMENTS, { error: `choose what became of it: ${MESSAGE_ENGAGEMENTS.join(', ')}` }),
    channel: channelSchema.exactOptional(),
    template: publicIdOf('tpl', 'template').exactOptional(),
    journey: publicIdOf('jrn', 'journey').exactOptional(),
    ...engagementSchema,
  })
  .superRefine((leaf, context) => refuseEach(context, periodFaults(leaf)));

export const companyLeafSchema: z.ZodType<CompanyLeaf> = companyConditionSchema;

const names = (remedy: string) =>
  z
    .array(wellFormedText(remedy), { error: remedy })
    .min(1, { error: remedy })
    .max(PLACES_MAX, { error: `give at most ${PLACES_MAX} of them` })
    .exactOptional();
const degrees = (most: number) =>
  numberSchema
    .min(-most, { error: `is outside the globe; give degrees from -${most} to ${most}` })
    .max(most, { error: `is outside the globe; give degrees from -${most} to ${most}` });
const COUNTRIES = 'give a list of ISO codes of countries, like ["DE", "AT"]';

export const placeLeafSchema: z.ZodType<PlaceLeaf> = z.strictObject({
  place: z
    .strictObject(
      {
        countries: z
          .array(
            z
              .string({ error: COUNTRIES })
              .regex(/^[A-Z]{2}$/, { error: 'write a country as its two capital letters, like "DE"' }),
            {
              error: COUNTRIES,
            },
          )
          .min(1, { error: COUNTRIES })
          .max(PLACES_MAX, { error: `give at most ${PLACES_MAX} of them` })
          .exactOptional(),
        regions: names('give a list of regions, like ["Bavaria"]'),
        cities: names('give a list of cities, like ["Munich"]'),
        near: z
          .strictObject(
            {
              latitude: degrees(90),
              longitude: degrees(180),
              km: numberSchema
                .gt(0, { error: 'give a distance of more than 0 km' })
                .max(HALF_THE_GLOBE_KM, { error: `nothing is farther than ${HALF_THE_GLOBE_KM} km; give less` }),
            },
            { error: 'give a circle, like { "latitude": 48.14, "longitude": 11.58, "km": 25 }' },
          )
          .exactOptional(),
      },
      { error: 'say where, like { "countries": ["DE"] }' },
    )
    .refine((place) => Object.keys(place).length > 0, {
      error: 'say where: give countries, regions, cities or near',
    }),
});

export const lifecycleLeafSchema: z.ZodType<LifecycleLeaf> = z.strictObject({
  lifecycle: z
    .array(z.enum(LIFECYCLE_STAGES, { error: `give stages out of ${LIFECYCLE_STAGES.join(', ')}` }), {
      error: `give a list of stages out of ${LIFECYCLE_STAGES.join(', ')}`,
    })
    .min(1, { error: 'give at least one stage' }),
});

import { z } from 'zod';

import { topicSchema } from './consent.ts';
import { durationSchema, momentaryTraitSchema, pathSchema, propertyConditionSchema } from './segment-condition.ts';
import { promotedProductsSchema } from './promoted.ts';
import { eventFiltersSchema, oneEventSchema } from './segment-event-leaf.ts';

export const JOURNEY_STEPS_MAX = 200;
const BRANCHES_MAX = 20;
const CONDITIONS_MAX = 20;
const LISTENED_MAX = 10;
const VARIABLES_MAX = 50;

const publicIdOf = (prefix: string, noun: string) =>
  z.string().regex(new RegExp(`^${prefix}_[0-9a-f]{32}$`), { error: `give the id of a ${noun}, like "${prefix}_…"` });
const segmentId = publicIdOf('seg', 'segment');
const templateId = publicIdOf('tpl', 'template');

const stepId = z.string().regex(/^[A-Za-z0-9_-]{1,40}$/, {
  error: 'name the step with 1 to 40 letters, digits, "-" or "_", like "wait_1h"',
});
/** Where a path goes on; left out, it ends there. */
const next = stepId.optional();

/** An event by name (or type and name) and filters, as in a segment rule; a plain name also means Segue's own events. */
const selector = { event: oneEventSchema, where: eventFiltersSchema.exactOptional() };
const keyed = {
  ...selector,
  /** Where this event carries the run's key; left out, where the entry event carries it. */
  key: pathSchema.optional(),
};

const segmentChange = {
  kind: z.enum(['segmentEntered', 'segmentLeft']),
  segment: segmentId,
};

export const journeyEntrySchema = z.discriminatedUnion(
  'kind',
  [z.strictObject({ kind: z.literal('event'), ...selector }), z.strictObject(segmentChange)],
  {
    error:
      'choose what starts a run: { "kind": "event", "event": … } or { "kind": "segmentEntered", "segment": "seg_…" }',
  },
);

export const journeyExitSchema = z.discriminatedUnion(
  'kind',
  [z.strictObject({ kind: z.literal('event'), ...keyed }), z.strictObject(segmentChange)],
  { error: 'choose a kind: event, segmentEntered, segmentLeft' },
);

const condition = z.union(
  [z.strictObject({ segment: segmentId, member: z.boolean() }), momentaryTraitSchema, propertyConditionSchema],
  {
    error:
      'make each condition one of { "segment": "seg_…", "member": true }, { "trait": …, "op": … }, { "property": …, "op": … } (of the entry event)',
  },
);

/** An escaped NUL or lone surrogate in JSON, and not the text of one. */
const UNSTORABLE = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/;
const storableJson = z.json().refine((value) => !UNSTORABLE.test(JSON.stringify(value)), {
  error: 'remove the NUL or unpaired surrogate: it cannot be stored',
});

const variable = z.union([z.strictObject({ property: pathSchema }), z.strictObject({ value: storableJson })], {
  error: 'give { "property": "cart_url" } (of the entry event) or { "value": … }',
});

const stepSchema = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ id: stepId, kind: z.literal('delay'), duration: durationSchema, next }),
    z.strictObject({
      id: stepId,
      kind: z.literal('waitForEvent'),
      events: z
        .array(z.strictObject({ ...keyed, next }), { error: 'give a list of events to wait for' })
        .min(1, { error: 'give at least one event to wait for' })
        .max(LISTENED_MAX, { error: `wait for at most ${LISTENED_MAX} events` }),
      timeout: durationSchema,
      onTimeout: next,
    }),
    z.strictObject({
      id: stepId,
      kind: z.literal('branch'),
      branches: z
        .array(z.strictObject({ when: z.array(condition).min(1).max(CONDITIONS_MAX), next }))
        .min(1, { error: 'give at least one branch' })
        .max(BRANCHES_MAX, { error: `give at most ${BRANCHES_MAX} branches` }),
      otherwise: next,
    }),
    z.strictObject({
      id: stepId,
      kind: z.literal('send'),
      channel: z.literal('email', { error: 'choose a channel: email' }),
      template: templateId,
      topic: topicSchema,
      variables: z
        .record(
          z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, { error: 'name variables like "cart_url"' }),
          variable,
        )
        .refine((variables) => Object.keys(variables).length <= VARIABLES_MAX, {
          error: `give at most ${VARIABLES_MAX} variables`,
        })
        .optional(),
      /** What it invites to buy: `event`, what the entry event is about; or these. */
      products: z
        .union([z.literal('event'), promotedProductsSchema], {
          error: 'give "event" for what the entry event is about, or a list of products like [{ "sku": "TEE-M" }]',
        })
        .optional(),
      next,
    }),
    z.strictObject({ id: stepId, kind: z.literal('exit') }),
  ],
  { error: 'choose a kind of step: delay, waitForEvent, branch, send, exit' },
);

/** The graph of a journey. `findGraphFaults` says what beyond its shape keeps it from being published. */
export const journeyGraphSchema = z.strictObject({
  entry: journeyEntrySchema,
  /** One run per profile and value at this path of the entry event; left out, one per profile. */
  key: pathSchema.optional(),
  /** `always`: a newer cause replaces the run under way; `afterEnd`: it is passed by until that run has ended. */
  reentry: z.enum(['never', 'always', 'afterEnd'], { error: 'choose never, always or afterEnd' }),
  /** An entry event that arrives later than this after it happened starts nothing; one day when left out. */
  enterWithin: durationSchema.optional(),
  /** Ends the run at once; counts until `within` after the path has ended, seven days when left out. */
  goal: z.strictObject({ ...keyed, within: durationSchema.optional() }).optional(),
  /** Each ends the run at once. */
  exits: z
    .array(journeyExitSchema)
    .max(LISTENED_MAX, { error: `give at most ${LISTENED_MAX} exits` })
    .optional(),
  start: stepId,
  steps: z
    .array(stepSchema, { error: 'give a list of steps' })
    .min(1, { error: 'give at least one step' })
    .max(JOURNEY_STEPS_MAX, { error: `give at most ${JOURNEY_STEPS_MAX} steps` }),
});

export type JourneyGraph = z.infer<typeof journeyGraphSchema>;
export type JourneyStep = JourneyGraph['steps'][number];
export type JourneyEntry = z.infer<typeof journeyEntrySchema>;
export type JourneyExit = z.infer<typeof journeyExitSchema>;
export type JourneyCondition = z.infer<typeof condition>;

const name = z
  .string()
  .trim()
  .min(1, { error: 'name the journey' })
  .max(200, { error: 'use at most 200 characters' })
  .refine(
    // A lone surrogate or NUL is not text in every engine.
    (text) => !/[\p{Surrogate}\0]/u.test(text),
    { error: 'remove the character that is not text' },
  );

/** Body of `POST /api/v1/journeys`. */
export const createJourneySchema = z.strictObject({ name, graph: journeyGraphSchema });
/** Body of `PATCH /api/v1/journeys/{id}`: changes the draft only; runs and the published version stay as they are. */
export const updateJourneySchema = z
  .strictObject({ name: name.optional(), graph: journeyGraphSchema.optional() })
  .refine((change) => change.name !== undefined || change.graph !== undefined, { error: 'give "name" or "graph"' });

export const JOURNEY_STATES = ['draft', 'published', 'paused', 'archived'] as const;
export type JourneyState = (typeof JOURNEY_STATES)[number];

/** `waiting` at a step; `watching`: the path has ended, the goal still counts; `ended`. */
export const RUN_STATES = ['waiting', 'watching', 'ended'] as const;
export const RUN_REASONS = ['completed', 'goal', 'exit_condition', 'restarted', 'merged', 'archived'] as const;
/** Why a run ended, or why its path did. */
export type RunReason = (typeof RUN_REASONS)[number];

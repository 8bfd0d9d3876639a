import { z } from 'zod';

import { defineEndpoint, idSchema, instantSchema, jsonSchema, pageOf, pageQuerySchema } from '../endpoint.ts';

const shownIdentifier = z.strictObject({ kind: z.string(), value: z.string() });

export const CONFLICT_REASONS = ['user_id', 'limit', 'unverified', 'shared_device', 'apart', 'merge_limit'] as const;
export const CONFLICT_STATUSES = ['open', 'settled', 'dismissed'] as const;

/** An identifier on an event that was left where it was, because following it would have joined two customers. */
export const identityConflictSchema = z
  .strictObject({
    id: idSchema('cfl'),
    reason: z
      .enum(CONFLICT_REASONS)
      .describe(
        '`user_id`: both have one, or another identifier of which a customer has one. `limit`: together they would have too many of a kind. `unverified`: it was only claimed. `shared_device`: two customers use it. `apart`: they were unmerged. `merge_limit`: too many profiles became this one',
      ),
    status: z.enum(CONFLICT_STATUSES),
    profileId: idSchema('prf').describe('Who got the event'),
    ownerProfileId: idSchema('prf').nullable().describe('Whose the identifier stayed; null: nobody’s'),
    identifier: shownIdentifier.nullable().describe('Null once it was erased'),
    causeMessageId: z.string().describe('The event it was first seen on'),
    foundAt: instantSchema,
    lastSeenAt: instantSchema,
    seenCount: z.int(),
    settledAt: instantSchema.nullable(),
    settledBy: z.string().nullable().describe('`mbr_…`, `key_…`, or a part of the system'),
    settlement: z.enum(['merge', 'give']).nullable(),
  })
  .meta({ id: 'IdentityConflict' });
export type IdentityConflict = z.infer<typeof identityConflictSchema>;

/** A null was taken back. */
const saidValue = z.strictObject({ value: jsonSchema, saidAt: instantSchema });

const standing = z.enum(['granted', 'denied', 'pending', 'unasked']);

/** Why two profiles became one, and what became of what each of them had. */
export const profileMergeSchema = z
  .strictObject({
    id: idSchema('mrg'),
    fromProfileId: idSchema('prf'),
    intoProfileId: idSchema('prf'),
    withinId: idSchema('mrg')
      .nullable()
      .describe('The merge by which `intoProfileId` itself went on: merges are a tree'),
    mergedAt: instantSchema,
    cause: z.discriminatedUnion('kind', [
      z.strictObject({
        kind: z.literal('event'),
        messageId: z.string(),
        type: z.string().nullable(),
        name: z.string().nullable(),
        occurredAt: instantSchema.nullable(),
      }),
      z.strictObject({
        kind: z.literal('member'),
        actor: z.string().describe('`mbr_…`, `key_…`, or a part of the system'),
      }),
    ]),
    matched: z.array(shownIdentifier).describe('What led from one to the other; empty when a member decided'),
    brought: z.array(shownIdentifier).describe('The identifiers that came along, as far as they are not erased'),
    traits: z
      .array(
        z.strictObject({
          name: z.string(),
          winner: z.enum(['into', 'from', 'both']).describe('The newer by event time; `both` said the same'),
          into: saidValue,
          from: saidValue,
        }),
      )
      .describe('Of each trait that both had'),
    consents: z
      .array(
        z.strictObject({
          channel: z.string(),
          topic: z.string(),
          into: standing,
          from: standing,
          joined: standing.describe('The most restrictive; who was never asked has no say'),
        }),
      )
      .describe('What became of permissions; empty once undone'),
    undoneAt: instantSchema.nullable(),
    undoneBy: z.string().nullable(),
  })
  .meta({ id: 'ProfileMerge' });
export type ProfileMerge = z.infer<typeof profileMergeSchema>;

/** Who a profile is, and why Segue thinks so. */
export const profileIdentitySchema = z
  .strictObject({
    profileId: idSchema('prf'),
    identifiers: z
      .array(
        shownIdentifier.extend({
          isVerified: z.boolean().describe('False: only claimed, typed by somebody'),
          isShared: z.boolean().describe('Seen with a second user id: it identifies nobody any more'),
          isQuarantined: z.boolean().describe('Seen with too many user ids: a till, a kiosk'),
          since: instantSchema.describe('When the event that brought it occurred'),
          mergeId: idSchema('mrg').nullable().describe('The merge it came by; null: an event of this profile itself'),
        }),
      )
      .describe('Strongest first'),
    merges: z.array(profileMergeSchema).describe('Newest first, undone ones too; the newest 500'),
    conflicts: z.array(identityConflictSchema).describe('Newest first; the newest 100'),
    apartFrom: z.array(idSchema('prf')).describe('Profiles that no event joins with this one: they were unmerged'),
  })
  .meta({ id: 'ProfileIdentity' });
export type ProfileIdentity = z.infer<typeof profileIdentitySchema>;

const profileIdText = z.string({ error: 'give the id of a profile, prf_ and 32 hex digits' });

export const identityGraphEndpoints = {
  getProfileIdentity: defineEndpoint({
    method: 'GET',
    path: '/api/v1/profiles/{id}/identity',
    scope: 'identity:read',
    tag: 'Profiles',
    summary: 'Explain who a profile is: its identifiers, the merges it is made of, conflicts',
    answer: profileIdentitySchema,
  }),
  mergeProfiles: defineEndpoint({
    method: 'POST',
    path: '/api/v1/profiles/{id}/merge',
    scope: 'identity:write',
    tag: 'Profiles',
    summary: 'Make another profile part of this one',
    description:
      'Limits do not count, and what was unmerged is no longer kept apart; but two profiles that each have a user id, or another identifier of which a customer has one, are refused with 409, and so is a till under quarantine. The id in the path stays; the other leads to it from then on.',
    body: z.strictObject({ with: profileIdText.describe('The profile that becomes part of this one') }),
    answer: profileIdentitySchema,
  }),
  giveIdentifier: defineEndpoint({
    method: 'POST',
    path: '/api/v1/profiles/{id}/identifiers',
    scope: 'identity:write',
    tag: 'Profiles',
    summary: 'Say that an identifier is this customer’s: the way back from shared, quarantined or another’s',
    description:
      'The identifier goes with its history to this profile, from whoever has it; one that is here already stays. Either way it identifies again: neither shared nor under quarantine nor only claimed, until new events say otherwise. A profile that is nothing but a till under quarantine becomes part of this one. Refused with 409 where it is the only identifier of another customer, or one of which a customer has one.',
    body: z.strictObject({
      identifier: z
        .string({ error: 'give the identifier as kind:value' })
        .max(600, { error: 'use at most 600 characters' })
        .describe('`kind:value`, like `anonymousId:0f3a`'),
    }),
    answer: profileIdentitySchema,
  }),
  unmergeProfiles: defineEndpoint({
    method: 'POST',
    path: '/api/v1/profiles/{id}/unmerge',
    scope: 'identity:write',
    tag: 'Profiles',
    summary: 'Undo a merge: both customers are there again, each with her own identifiers, traits and history',
    description:
      'Takes any merge of the profile’s identity, also one that happened before a later one. Events follow the identifier they carried; no event joins the two again. A merge that is undone already is refused with 409.',
    body: z.strictObject({ merge: z.string({ error: 'give the id of a merge, mrg_ and 32 hex digits' }) }),
    answer: z.strictObject({
      profileId: idSchema('prf').describe('The one that is left'),
      restoredProfileId: idSchema('prf').describe('The one that is there again, under its own id'),
    }),
  }),
  rebuildProfile: defineEndpoint({
    method: 'POST',
    path: '/api/v1/profiles/{id}/rebuild',
    scope: 'identity:write',
    tag: 'Profiles',
    summary: 'Count everything known of a profile anew from its history: for repair',
    description: 'Answers when it is done. Refused with 409 while events of the profile wait as dead letters.',
    status: 204,
  }),
  listIdentityConflicts: defineEndpoint({
    method: 'GET',
    path: '/api/v1/identity/conflicts',
    scope: 'identity:read',
    tag: 'Profiles',
    summary: 'List identifiers that events left where they were, newest first',
    description: 'With `reason=merge_limit`: profiles that were merged too often, a sign of a broken integration.',
    query: pageQuerySchema.extend({
      status: z.enum(CONFLICT_STATUSES).optional(),
      reason: z.enum(CONFLICT_REASONS).optional(),
    }),
    answer: pageOf(identityConflictSchema),
  }),
  settleIdentityConflict: defineEndpoint({
    method: 'POST',
    path: '/api/v1/identity/conflicts/{id}/settle',
    scope: 'identity:write',
    tag: 'Profiles',
    summary:
      'Decide a conflict: merge the two profiles, give the identifier to the one that got the event, or dismiss it',
    description:
      '`merge`: as the call for merging two profiles, `ownerProfileId` becomes part of `profileId`. `give`: the identifier goes with its history to `profileId`. `dismiss`: all stays as it is. Refused with 409 where it cannot be done, or the conflict is decided already.',
    body: z.strictObject({ action: z.enum(['merge', 'give', 'dismiss'], { error: 'give merge, give or dismiss' }) }),
    answer: identityConflictSchema,
  }),
} as const;

import { z } from 'zod';

import { defineEndpoint, idSchema, instantSchema, jsonSchema, pageOf, pageQuerySchema } from '../endpoint.ts';
import { givenNameSchema } from './segments.ts';

/** How many profiles or identifiers one call adds. */
export const LIST_ADD_MAX = 1_000;
/** How many rows one import takes. */
export const LIST_IMPORT_MAX = 5_000;

/** A list of profiles that people keep by hand; a rule asks for it by `{ "list": "lst_…" }`. */
export const manualListSchema = z
  .strictObject({
    id: idSchema('lst'),
    name: z.string(),
    members: z.int(),
    createdAt: instantSchema,
  })
  .meta({ id: 'ManualList' });
export type ManualList = z.infer<typeof manualListSchema>;

const listBody = z.strictObject({ name: givenNameSchema('name the list') });

const identifier = z
  .string({ error: 'give an identifier, like "email:ada@example.com" or "userId:4711"' })
  .min(1, { error: 'give an identifier, like "email:ada@example.com" or "userId:4711"' })
  .max(600, { error: 'give at most 600 characters' });

/** Body of `POST /api/v1/lists/{id}/members`. */
export const addListMembersSchema = z
  .strictObject({
    profileIds: z
      .array(idSchema('prf'), { error: 'give a list of ids of profiles' })
      .max(LIST_ADD_MAX, { error: `give at most ${LIST_ADD_MAX} at a time` })
      .default([]),
    identifiers: z
      .array(identifier, { error: 'give a list of identifiers, like ["email:ada@example.com"]' })
      .max(LIST_ADD_MAX, { error: `give at most ${LIST_ADD_MAX} at a time` })
      .default([]),
  })
  .refine(({ profileIds, identifiers }) => profileIds.length + identifiers.length > 0, {
    error: 'give "profileIds" or "identifiers"',
  });
export type AddListMembersBody = z.output<typeof addListMembersSchema>;

/** Body of `POST /api/v1/lists/{id}/import`; as `text/csv` the same names head the columns. */
export const importListMembersSchema = z.strictObject({
  rows: z
    .array(z.record(z.string(), jsonSchema), { error: 'give a list of rows' })
    .min(1, { error: 'give at least one row' })
    .max(LIST_IMPORT_MAX, { error: `give at most ${LIST_IMPORT_MAX} rows at a time` })
    .describe('Each: `identifier`, like "email:ada@example.com"; other columns are passed over'),
});

const listAnswer = {
  added: z.int().describe('New on the list'),
  present: z.int().describe('On it before'),
};

export const listEndpoints = {
  createList: defineEndpoint({
    method: 'POST',
    path: '/api/v1/lists',
    scope: 'segments:write',
    tag: 'Segments',
    summary: 'Make a manual list',
    body: listBody,
    status: 201,
    answer: manualListSchema,
  }),
  listLists: defineEndpoint({
    method: 'GET',
    path: '/api/v1/lists',
    scope: 'segments:read',
    tag: 'Segments',
    summary: 'List manual lists, newest first',
    query: pageQuerySchema,
    answer: pageOf(manualListSchema),
  }),
  getList: defineEndpoint({
    method: 'GET',
    path: '/api/v1/lists/{id}',
    scope: 'segments:read',
    tag: 'Segments',
    summary: 'Read a manual list',
    answer: manualListSchema,
  }),
  renameList: defineEndpoint({
    method: 'PATCH',
    path: '/api/v1/lists/{id}',
    scope: 'segments:write',
    tag: 'Segments',
    summary: 'Rename a manual list',
    body: listBody,
    answer: manualListSchema,
  }),
  archiveList: defineEndpoint({
    method: 'DELETE',
    path: '/api/v1/lists/{id}',
    scope: 'segments:write',
    tag: 'Segments',
    summary: 'Archive a manual list: its name is free',
    description: 'Refused with 409 while rules of segments ask for it; the answer names them.',
    status: 204,
  }),
  listListMembers: defineEndpoint({
    method: 'GET',
    path: '/api/v1/lists/{id}/members',
    scope: 'segments:read',
    tag: 'Segments',
    summary: 'List the profiles on a manual list',
    query: pageQuerySchema,
    answer: pageOf(
      z.strictObject({ profileId: idSchema('prf'), addedAt: instantSchema }).meta({ id: 'ManualListMember' }),
    ),
  }),
  addListMembers: defineEndpoint({
    method: 'POST',
    path: '/api/v1/lists/{id}/members',
    scope: 'segments:write',
    tag: 'Segments',
    summary: 'Put profiles on a manual list, by their ids or identifiers',
    description: `Up to ${LIST_ADD_MAX} of each. Whom nobody knows is named in the answer; the others are added.`,
    body: addListMembersSchema,
    answer: z.strictObject({
      ...listAnswer,
      unknown: z.array(z.string()).describe('Ids and identifiers that lead to no profile'),
    }),
  }),
  removeListMember: defineEndpoint({
    method: 'DELETE',
    path: '/api/v1/lists/{id}/members/{profileId}',
    scope: 'segments:write',
    tag: 'Segments',
    summary: 'Take a profile off a manual list',
    status: 204,
  }),
  importListMembers: defineEndpoint({
    method: 'POST',
    path: '/api/v1/lists/{id}/import',
    scope: 'segments:write',
    tag: 'Segments',
    summary: 'Put profiles on a manual list from JSON or text/csv',
    description: `Up to ${LIST_IMPORT_MAX} rows with a column \`identifier\`. Good rows are taken though others are not; the answer names row and field of the others. Whom nobody knows is not made a profile.`,
    body: importListMembersSchema,
    answer: z.strictObject({
      rows: z.int(),
      ...listAnswer,
      failed: z.int(),
      errors: z
        .array(
          z.strictObject({
            row: z.int().describe('From 1, the head of a CSV not counted'),
            field: z.string(),
            message: z.string(),
          }),
        )
        .describe('The first 1 000'),
    }),
  }),
} as const;

import { z } from 'zod';

import { ROLES } from '../access.ts';
import { defineEndpoint, idSchema, instantSchema, pageOf, pageQuerySchema } from '../endpoint.ts';

const role = z.enum(ROLES, { error: `give one of ${ROLES.join(', ')}` });

/** A member of this workspace. */
export const memberSchema = z.strictObject({
  id: idSchema('mbr'),
  name: z.string(),
  email: z.string(),
  role: z.enum(ROLES),
  hasTotp: z.boolean().describe('Whether she signs in with a second step'),
  createdAt: instantSchema,
  lastSignInAt: instantSchema.nullable(),
});
export type Member = z.infer<typeof memberSchema>;

/** An invite that was sent. Its link is shown once, when it is made. */
export const inviteSchema = z.strictObject({
  id: idSchema('inv'),
  email: z.string(),
  role: z.enum(ROLES),
  state: z.enum(['open', 'accepted', 'revoked', 'expired']),
  createdAt: instantSchema,
  expiresAt: instantSchema,
});
export type Invite = z.infer<typeof inviteSchema>;

export const createInviteSchema = z.strictObject({
  email: z
    .string({ error: 'give the email address to invite' })
    .trim()
    .toLowerCase()
    .pipe(
      z.email({ error: 'give an email address like ada@shop.example' }).max(254, { error: 'give a shorter address' }),
    ),
  role,
});

const madeKeys = z.array(z.strictObject({ id: idSchema('key'), name: z.string(), prefix: z.string() }));

/** What became of the keys and invites a member had made, when she left or may do less. */
export const takenBackSchema = z.strictObject({
  keysRevoked: madeKeys.describe('They open nothing from 5 seconds on: whatever used them needs another key'),
  keysLimited: madeKeys.describe('They have only those of their scopes left that her new role has'),
  keysKept: madeKeys.describe('With `keepKeys`: they stay as they are, and whoever kept them answers for them'),
  invitesRevoked: z.array(idSchema('inv')).describe('Open invites she could send no more'),
});
export type TakenBack = z.infer<typeof takenBackSchema>;

export const memberEndpoints = {
  listMembers: defineEndpoint({
    method: 'GET',
    path: '/api/v1/members',
    scope: 'members:read',
    tag: 'Workspace',
    summary: 'List the members, oldest first',
    query: pageQuerySchema,
    answer: pageOf(memberSchema),
  }),
  updateMember: defineEndpoint({
    method: 'PATCH',
    path: '/api/v1/members/{id}',
    scope: 'members:write',
    tag: 'Workspace',
    summary: 'Change the role of a member',
    description:
      'Only an owner makes or unmakes owners; nobody but an owner changes an owner; the last owner stays one. Holds at once. Keys she made lose the scopes her new role does not have, and are revoked when none is left, unless `keepKeys`; open invites she could send no more end. The answer names them.',
    body: z.strictObject({
      role,
      keepKeys: z
        .boolean({ error: 'give true or false' })
        .optional()
        .describe('Leave the keys she made as they are; they count as yours then'),
    }),
    answer: memberSchema.extend(takenBackSchema.shape),
  }),
  removeMember: defineEndpoint({
    method: 'DELETE',
    path: '/api/v1/members/{id}',
    scope: 'members:write',
    tag: 'Workspace',
    summary: 'Remove a member; her access ends at once',
    description:
      'API keys she made are revoked and her open invites end: the answer names them. With `keepKeys=true` the keys stay, so that an integration goes on until you give it another key; they count as yours then.',
    query: z.strictObject({
      keepKeys: z
        .enum(['true', 'false'], { error: 'give true or false' })
        .optional()
        .describe('Leave the keys she made as they are'),
    }),
    answer: takenBackSchema,
  }),
  listInvites: defineEndpoint({
    method: 'GET',
    path: '/api/v1/invites',
    scope: 'members:read',
    tag: 'Workspace',
    summary: 'List invites, newest first',
    query: pageQuerySchema,
    answer: pageOf(inviteSchema),
  }),
  createInvite: defineEndpoint({
    method: 'POST',
    path: '/api/v1/invites',
    scope: 'members:write',
    tag: 'Workspace',
    summary: 'Invite somebody by email',
    description:
      'The link works once, for 7 days, and is shown only now. An open invite to the same address ends. Nobody can give a role that may do more than she may herself.',
    body: createInviteSchema,
    status: 201,
    answer: inviteSchema.extend({
      link: z.string().describe('What the mail carries, to hand over otherwise'),
      mail: z
        .enum(['sending', 'notConfigured'])
        .describe('notConfigured: no mail server is set (SEGUE_SMTP_URL), so hand the link over yourself'),
    }),
  }),
  revokeInvite: defineEndpoint({
    method: 'DELETE',
    path: '/api/v1/invites/{id}',
    scope: 'members:write',
    tag: 'Workspace',
    summary: 'Revoke an invite; its link ends at once',
    status: 204,
  }),
} as const;

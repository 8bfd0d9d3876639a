/** What a caller may do, one word a noun and a verb. Every `/api/v1` endpoint asks for one, or for several. */
export const SCOPES = [
  'profiles:read',
  'profiles:write',
  'identity:read',
  'identity:write',
  'companies:read',
  'companies:write',
  'segments:read',
  'segments:write',
  'journeys:read',
  'journeys:write',
  'templates:read',
  'templates:write',
  'messages:read',
  'messages:write',
  'consent:read',
  'consent:write',
  'events:read',
  'events:write',
  'sources:read',
  'sources:write',
  'catalog:read',
  'catalog:write',
  'inventory:read',
  'inventory:write',
  'orders:read',
  'orders:write',
  'baskets:read',
  'baskets:write',
  'coupons:read',
  'coupons:write',
  'loyalty:read',
  'loyalty:write',
  'connectors:read',
  'connectors:write',
  'imports:read',
  'imports:write',
  'exports:read',
  'exports:write',
  'webhooks:read',
  'webhooks:write',
  'members:read',
  'members:write',
  'keys:read',
  'keys:write',
  'audit:read',
  'privacy:read',
  'privacy:write',
  'workspace:read',
  'workspace:write',
] as const;
export type Scope = (typeof SCOPES)[number];

/** Every scope, also those that come later: what the first API key has. */
export const EVERY_SCOPE = '*';

/** What a member is in a workspace, the mightiest first. */
export const ROLES = ['owner', 'admin', 'marketer', 'agent', 'staff', 'analyst'] as const;
export type Role = (typeof ROLES)[number];

const READ_ALL = SCOPES.filter((scope) => scope.endsWith(':read'));
/** What keeps the workspace itself safe is for those who run it; so are files of everybody at once. */
const GUARDED: readonly Scope[] = [
  'members:read',
  'keys:read',
  'audit:read',
  'privacy:read',
  'imports:read',
  'exports:read',
];
const READ_WORK = READ_ALL.filter((scope) => !GUARDED.includes(scope));

/**
 * The scopes of each role. Owner and admin may do everything; only an owner makes or unmakes owners. A marketer works on
 * segments, journeys, templates, messages, the catalog and coupons; an agent on customers, their orders and what is said to
 * them; staff of a store serves them: stock, orders, baskets, coupons, points, consent; an analyst reads.
 */
export const ROLE_SCOPES: Readonly<Record<Role, readonly Scope[]>> = {
  owner: SCOPES,
  admin: SCOPES,
  marketer: [
    ...READ_WORK,
    'segments:write',
    'journeys:write',
    'templates:write',
    'messages:write',
    'companies:write',
    'events:write',
    'catalog:write',
    'coupons:write',
  ],
  agent: [
    'profiles:read',
    'profiles:write',
    'identity:read',
    'identity:write',
    'companies:read',
    'segments:read',
    'journeys:read',
    'templates:read',
    'messages:read',
    'messages:write',
    'consent:read',
    'consent:write',
    'events:read',
    'catalog:read',
    'inventory:read',
    'orders:read',
    'orders:write',
    'baskets:read',
    'baskets:write',
    'coupons:read',
    'coupons:write',
    'loyalty:read',
    'loyalty:write',
    'workspace:read',
  ],
  staff: [
    'profiles:read',
    'companies:read',
    'segments:read',
    'journeys:read',
    'consent:read',
    'consent:write',
    'catalog:read',
    'inventory:read',
    'inventory:write',
    'orders:read',
    'orders:write',
    'baskets:read',
    'baskets:write',
    'coupons:read',
    'coupons:write',
    'loyalty:read',
    'loyalty:write',
    'workspace:read',
  ],
  analyst: READ_WORK,
};

/** Whether these scopes hold that one. */
export function allows(scopes: readonly string[], scope: Scope): boolean {
  return scopes.includes(EVERY_SCOPE) || scopes.includes(scope);
}

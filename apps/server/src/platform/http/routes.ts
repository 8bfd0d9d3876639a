import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Ctx } from '../context.ts';

/** What an API key may do. The key given in `SEGUE_API_KEY` at first start has every scope. */
export const SCOPES = [
  'profiles:read',
  'profiles:write',
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
] as const;
export type Scope = (typeof SCOPES)[number];

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The scope an `/api/v1` route asks for; a route without one does not start. */
    scope?: Scope;
  }
}

export interface RouteDeps {
  /** The context of an authenticated `/api/v1` request: the key's workspace and scopes. */
  contextOf(request: FastifyRequest): Ctx;
}

/** A module's routes; registered by compose. `/api/v1` routes carry `config: { scope }`. */
export type Routes = (app: FastifyInstance, deps: RouteDeps) => void;

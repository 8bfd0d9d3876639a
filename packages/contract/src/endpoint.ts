import { z } from 'zod';

import type { Scope } from './access.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** The nouns the documentation is ordered by. */
export type Tag =
  | 'Profiles'
  | 'Companies'
  | 'Events'
  | 'Sources'
  | 'Consent'
  | 'Segments'
  | 'Journeys'
  | 'Templates'
  | 'Messages'
  | 'Catalog'
  | 'Inventory'
  | 'Orders'
  | 'Baskets'
  | 'Coupons'
  | 'Loyalty'
  | 'Connectors'
  | 'Webhooks'
  | 'Imports'
  | 'Exports'
  | 'Privacy'
  | 'Workspace';

/** One call of the management API: what it takes, what it answers, and who may make it. */
export interface Endpoint {
  readonly method: Method;
  /** Parameters in braces: `/api/v1/profiles/{id}`. */
  readonly path: `/api/v1/${string}`;
  /** The scope a caller needs. There is no endpoint without. */
  readonly scope: Scope;
  /** Needed as well, by a call that answers what other calls guard with these. */
  readonly alsoScopes?: readonly Scope[];
  readonly tag: Tag;
  /** One sentence. */
  readonly summary: string;
  /** More of it where the call surprises: order, repeats, what is not done. */
  readonly description?: string;
  /** Values arrive as text: coerce them. An unknown name is refused. */
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** A body that may be left out. */
  readonly bodyOptional?: boolean;
  /** The body is bytes as they come, no JSON: `request.body` is a Buffer. */
  readonly bytes?: true;
  /** Default 200. */
  readonly status?: 200 | 201 | 202 | 204;
  /** What it answers; left out for 204 and for a stream. */
  readonly answer?: z.ZodType;
  /** Answers server-sent events of this shape (`data:` of each) instead of one document. */
  readonly stream?: z.ZodType;
  /** Answers a file of one of these media types instead of a document. */
  readonly file?: readonly string[];
  /** An unsafe method that changes nothing: a preview. It needs no audit entry and takes no idempotency key. */
  readonly changesNothing?: true;
  /**
   * A change that machines make all the time, in a transaction it shares with others of its kind. It needs no audit entry, and
   * a repeat is known by what the body names instead of an idempotency key.
   */
  readonly ownTransaction?: true;
}

export function defineEndpoint<const E extends Endpoint>(endpoint: E): E {
  return endpoint;
}

/** Everything a caller needs, the first one first. */
export function scopesOf({ scope, alsoScopes = [] }: Endpoint): readonly Scope[] {
  return [scope, ...alsoScopes];
}

type ParamNames<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParamNames<Rest>
  : never;

/** The parameters of an endpoint's path, as text. */
export type ParamsOf<E extends Endpoint> = { readonly [Name in ParamNames<E['path']>]: string };
/** The query as a handler reads it. */
export type QueryOf<E extends Endpoint> = E['query'] extends z.ZodObject ? z.output<E['query']> : Record<never, never>;
/** The query as a caller writes it. */
export type QueryInputOf<E extends Endpoint> = E['query'] extends z.ZodObject ? z.input<E['query']> : undefined;
/** The body as a handler reads it. */
export type BodyOf<E extends Endpoint> = E['body'] extends z.ZodType ? z.output<E['body']> : undefined;
/** The body as a caller writes it. */
export type BodyInputOf<E extends Endpoint> = E['body'] extends z.ZodType ? z.input<E['body']> : undefined;
export type AnswerOf<E extends Endpoint> = E['answer'] extends z.ZodType ? z.output<E['answer']> : undefined;

/** Whether a call changes something in a transaction of its request: then it is audited and repeats are recognised by `Idempotency-Key`. */
export function isChange(endpoint: Endpoint): boolean {
  return endpoint.method !== 'GET' && endpoint.changesNothing !== true && endpoint.ownTransaction !== true;
}

export const PAGE_LIMIT_DEFAULT = 50;
export const PAGE_LIMIT_MAX = 500;

/** The query of every list. Extend it with filters. */
export const pageQuerySchema = z.strictObject({
  limit: z.coerce
    .number({ error: `give a whole number from 1 to ${PAGE_LIMIT_MAX}` })
    .int({ error: `give a whole number from 1 to ${PAGE_LIMIT_MAX}` })
    .min(1, { error: `give a whole number from 1 to ${PAGE_LIMIT_MAX}` })
    .max(PAGE_LIMIT_MAX, { error: `give a whole number from 1 to ${PAGE_LIMIT_MAX}` })
    .default(PAGE_LIMIT_DEFAULT)
    .describe('How many items at most'),
  cursor: z.string().max(2_000).optional().describe('`nextCursor` of the page before'),
});

/** A page of a list. `nextCursor` is null on the last page; following it neither skips nor repeats an item. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.strictObject({ items: z.array(item), nextCursor: z.string().nullable() });
}

/** Any JSON value, by one name in the documentation. */
export const jsonSchema: z.ZodType<z.core.util.JSONType> = z
  .lazy(() =>
    z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(jsonSchema), z.record(z.string(), jsonSchema)]),
  )
  .meta({ id: 'Json', description: 'Any JSON value' });

/** An instant in answers: ISO 8601, UTC. */
export const instantSchema = z.iso.datetime();

/** A public id in answers: its prefix and 32 hex digits. */
export function idSchema(prefix: string) {
  return z.string().regex(new RegExp(`^${prefix}_[0-9a-f]{32}$`));
}

import { z } from 'zod';

import { api } from './api.ts';
import { type Endpoint, isChange } from './endpoint.ts';
import { problemSchema } from './problem.ts';
import { segmentRuleSchema, segmentRuleShape } from './segment-rule.ts';

type JsonSchema = { [key: string]: unknown };
type Schemas = Map<string, JsonSchema>;

const COMPONENTS = '#/components/schemas/';

/** The document of OpenAPI 3.1 (spec.openapis.org/oas/v3.1): its schemas are plain JSON Schema 2020-12, as Zod writes them. */
export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: JsonSchema;
  readonly servers: readonly { readonly url: string }[];
  readonly security: readonly JsonSchema[];
  readonly tags: readonly { name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, JsonSchema>>>>;
  readonly components: { readonly securitySchemes: JsonSchema; readonly schemas: Readonly<Record<string, JsonSchema>> };
}

/** The whole API as OpenAPI, made from the very schemas the server parses with. Pure. */
export function createOpenApi(options: { version: string; url: string }): OpenApiDocument {
  const schemas: Schemas = new Map();
  const paths: Record<string, Record<string, JsonSchema>> = {};
  const tags = new Set<string>();
  hoist(problemSchema, { io: 'output', schemas, owner: 'Problem', name: 'Problem' });
  hoist(segmentRuleShape, { io: 'input', schemas, owner: 'SegmentRule' });
  for (const [id, endpoint] of Object.entries(api) as [string, Endpoint][]) {
    tags.add(endpoint.tag);
    (paths[endpoint.path] ??= {})[endpoint.method.toLowerCase()] = describeOperation(id, endpoint, schemas);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Segue',
      version: options.version,
      description:
        'Management API. Times are ISO 8601 in UTC, ids carry a prefix, lists are paged by cursor, errors are problem+json and name the field and the remedy.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: options.url }],
    security: [{ apiKey: [] }],
    tags: [...tags].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        apiKey: {
          type: 'http',
          scheme: 'bearer',
          description: 'An API key of the workspace, with every scope the call names',
        },
      },
      schemas: Object.fromEntries(schemas),
    },
  };
}

function describeOperation(id: string, endpoint: Endpoint, schemas: Schemas): JsonSchema {
  const answer = describeAnswer(id, endpoint, schemas);
  return {
    operationId: id,
    tags: [endpoint.tag],
    summary: endpoint.summary,
    ...(endpoint.description !== undefined && { description: endpoint.description }),
    'x-scope': endpoint.scope,
    ...(endpoint.alsoScopes !== undefined && { 'x-also-scopes': endpoint.alsoScopes }),
    parameters: [...pathParameters(endpoint), ...queryParameters(id, endpoint, schemas), ...headerParameters(endpoint)],
    ...(endpoint.bytes === true && {
      requestBody: {
        required: true,
        content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } },
      },
    }),
    ...(endpoint.body !== undefined && {
      requestBody: {
        required: endpoint.bodyOptional !== true,
        content: {
          'application/json': {
            schema: hoist(endpoint.body, { io: 'input', schemas, owner: id, name: `${pascal(id)}Body` }),
          },
        },
      },
    }),
    responses: { [String(endpoint.status ?? 200)]: answer, default: PROBLEM },
  };
}

const PROBLEM: JsonSchema = {
  description: 'What went wrong, the fields at fault, and what to do',
  content: { 'application/problem+json': { schema: { $ref: `${COMPONENTS}Problem` } } },
};

function describeAnswer(id: string, endpoint: Endpoint, schemas: Schemas): JsonSchema {
  if (endpoint.stream !== undefined) {
    const data = hoist(endpoint.stream, { io: 'output', schemas, owner: id, name: `${pascal(id)}Event` });
    return {
      description: 'Server-sent events',
      content: { 'text/event-stream': { 'x-event': data, schema: { type: 'string' } } },
    };
  }
  if (endpoint.file !== undefined) {
    const schema = { type: 'string', format: 'binary' };
    return { description: 'The file', content: Object.fromEntries(endpoint.file.map((type) => [type, { schema }])) };
  }
  if (endpoint.answer === undefined) return { description: 'Done' };
  const schema = hoist(endpoint.answer, { io: 'output', schemas, owner: id, name: `${pascal(id)}Answer` });
  return { description: 'The answer', content: { 'application/json': { schema } } };
}

function pathParameters(endpoint: Endpoint): JsonSchema[] {
  return [...endpoint.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

function queryParameters(id: string, endpoint: Endpoint, schemas: Schemas): JsonSchema[] {
  if (endpoint.query === undefined) return [];
  return Object.entries(endpoint.query.shape).map(([name, field]) => {
    const { description, ...schema } = hoist(field as z.ZodType, {
      io: 'input',
      schemas,
      owner: `${id}${pascal(name)}`,
    });
    const required = !(field as z.ZodType).safeParse(undefined).success;
    return { name, in: 'query', required, ...(description !== undefined && { description }), schema };
  });
}

function headerParameters(endpoint: Endpoint): JsonSchema[] {
  if (!isChange(endpoint)) return [];
  const description = 'The same key with the same request does it once and answers the same; kept for 48 hours';
  return [
    { name: 'Idempotency-Key', in: 'header', required: false, description, schema: { type: 'string', maxLength: 200 } },
  ];
}

/**
 * The JSON Schema of a Zod schema. What it defines on the side (a recursive rule, a schema with an id) moves to the
 * components, since `#/$defs` would point at the root of the document; with a `name` it moves there itself.
 */
function hoist(
  schema: z.ZodType,
  options: { io: 'input' | 'output'; schemas: Schemas; owner: string; name?: string },
): JsonSchema {
  const { io, schemas, owner, name } = options;
  const {
    $schema: _,
    $defs = {},
    ...root
  } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: simplify,
  }) as JsonSchema & { $defs?: Record<string, JsonSchema> };
  const self = name ?? pascal(owner);
  const nameOf = (key: string): string => (key.startsWith('__') ? `${self}${key.replace('__schema', 'Part')}` : key);
  const renamed = (value: unknown): unknown => rename(value, { self, nameOf });
  for (const [key, inner] of Object.entries($defs)) {
    const { id: _id, ...plain } = inner;
    define(schemas, nameOf(key), renamed(plain) as JsonSchema);
  }
  const result = renamed(root) as JsonSchema;
  const isRecursive = JSON.stringify(result).includes(`"${COMPONENTS}${self}"`);
  if ((name === undefined && !isRecursive) || '$ref' in result) return result;
  define(schemas, self, result);
  return { $ref: `${COMPONENTS}${self}` };
}

/** `format` says it; the pattern beside it is three lines long. */
function simplify({ zodSchema, jsonSchema }: { zodSchema: unknown; jsonSchema: JsonSchema }): void {
  if (zodSchema === segmentRuleSchema) jsonSchema['$ref'] = `${COMPONENTS}SegmentRule`;
  if (jsonSchema['format'] === 'date-time') delete jsonSchema['pattern'];
}

function define(schemas: Schemas, name: string, schema: JsonSchema): void {
  const known = schemas.get(name);
  if (known !== undefined && JSON.stringify(known) !== JSON.stringify(schema)) {
    throw new Error(`two different schemas are called ${name}: give one of them another id`);
  }
  schemas.set(name, schema);
}

function rename(value: unknown, names: { self: string; nameOf: (key: string) => string }): unknown {
  if (Array.isArray(value)) return value.map((item) => rename(item, names));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      if (key !== '$ref' || typeof inner !== 'string') return [key, rename(inner, names)];
      if (inner.startsWith(COMPONENTS)) return [key, inner];
      const target = inner === '#' ? names.self : names.nameOf(inner.replace('#/$defs/', ''));
      return [key, `${COMPONENTS}${target}`];
    }),
  );
}

function pascal(id: string): string {
  return id.charAt(0).toUpperCase() + id.slice(1);
}

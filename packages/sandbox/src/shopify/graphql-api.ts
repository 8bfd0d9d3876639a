import {
  buildSchema,
  type DocumentNode,
  execute,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  parse,
  validate,
} from 'graphql';
import type { ApiReply } from '../twin/serve-api.ts';
import { createGraphqlRoot } from './graphql-root.ts';
import { shopifySchema } from './graphql-schema.data.ts';
import { actualCost, QUERY_COST_MOST, requestedCost } from './query-cost.ts';
import type { LeakyBucket } from './rate-limits.ts';
import type { ShopifyShop } from './shopify-shop.ts';
import type { ShopifyWebhooks } from './shopify-webhooks.ts';

const schemas = new Map<string, GraphQLSchema>();

function schemaOf(version: string): GraphQLSchema {
  const known = schemas.get(version) ?? buildSchema(shopifySchema(version));
  schemas.set(version, known);
  return known;
}

interface Asked {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** The Admin GraphQL API of one shop. Faults are said with status 200, as Shopify does. */
export function createGraphqlApi(of: {
  readonly shop: ShopifyShop;
  readonly webhooks: ShopifyWebhooks;
  readonly points: LeakyBucket;
}) {
  const root = createGraphqlRoot(of);
  const { points } = of;
  return async (version: string, body: Buffer): Promise<ApiReply> => {
    const asked = readBody(body);
    if (asked === undefined)
      return { status: 400, body: JSON.stringify({ errors: { query: 'Required parameter missing or invalid' } }) };
    const schema = schemaOf(version);
    const read = readQuery(schema, asked.query);
    if ('errors' in read) return reply({ errors: read.errors });
    const cost = requestedCost({ schema, document: read.document, variables: asked.variables });
    if (cost > QUERY_COST_MOST) {
      const message = `Query cost is ${cost}, which exceeds the single query max cost limit (${QUERY_COST_MOST}).`;
      return reply({
        errors: [
          new GraphQLError(message, { extensions: { code: 'MAX_COST_EXCEEDED', cost, maxCost: QUERY_COST_MOST } }),
        ],
      });
    }
    if (!points.pour(cost)) {
      const extensions = { code: 'THROTTLED', documentation: 'https://shopify.dev/api/usage/rate-limits' };
      return reply({
        errors: [new GraphQLError('Throttled', { extensions })],
        extensions: costing(points, { requested: cost, actual: null }),
      });
    }
    const result = await execute({
      schema,
      document: read.document,
      rootValue: root(version),
      variableValues: asked.variables,
    });
    const isQuery = read.document.definitions.every((one) => !('operation' in one) || one.operation === 'query');
    const actual = isQuery ? Math.min(cost, Math.max(0, actualCost(result.data) - 1)) : cost;
    points.giveBack(cost - actual);
    return reply({ ...result, extensions: costing(points, { requested: cost, actual }) });
  };
}

const reply = (result: ExecutionResult): ApiReply => ({ status: 200, body: JSON.stringify(result) });

function costing(points: LeakyBucket, { requested, actual }: { requested: number; actual: number | null }) {
  return {
    cost: {
      ...{ requestedQueryCost: requested, actualQueryCost: actual },
      throttleStatus: {
        ...{ maximumAvailable: points.size, currentlyAvailable: Math.floor(points.free) },
        restoreRate: points.leaksPerSecond,
      },
    },
  };
}

function readBody(body: Buffer): Asked | undefined {
  try {
    const { query, variables } = JSON.parse(body.toString('utf8')) as Record<string, unknown>;
    if (typeof query !== 'string') return undefined;
    return { query, variables: (variables ?? {}) as Asked['variables'] };
  } catch {
    return undefined;
  }
}

function readQuery(
  schema: GraphQLSchema,
  query: string,
): { document: DocumentNode } | { errors: readonly GraphQLError[] } {
  try {
    const document = parse(query);
    const errors = validate(schema, document);
    return errors.length > 0 ? { errors } : { document };
  } catch (error) {
    if (error instanceof GraphQLError) return { errors: [error] };
    throw error;
  }
}

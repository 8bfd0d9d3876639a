import {
  type DocumentNode,
  type FieldNode,
  getNamedType,
  type GraphQLNamedType,
  type GraphQLSchema,
  isLeafType,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from 'graphql';

/** What Shopify asks for at most in one query. */
export const QUERY_COST_MOST = 1_000;
const MUTATION_COST = 10;
const CONNECTION_COST = 2;

interface Costing {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly variables: Readonly<Record<string, unknown>>;
}

/**
 * What a query may cost at most, before it is run (shopify.dev, "API limits"): a scalar nothing, an object 1, a connection 2 and
 * its page size times what it holds, a mutation 10.
 */
export function requestedCost(costing: Costing): number {
  let cost = 0;
  for (const definition of costing.document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const root = costing.schema.getRootType(definition.operation);
    if (definition.operation === 'mutation') cost += MUTATION_COST * definition.selectionSet.selections.length;
    else if (root) cost += costOf(definition.selectionSet, root, costing);
  }
  return cost;
}

function costOf(selections: SelectionSetNode, type: GraphQLNamedType, costing: Costing): number {
  let cost = 0;
  for (const selection of selections.selections) {
    if (selection.kind === Kind.FIELD) cost += costOfField(selection, type, costing);
    else if (selection.kind === Kind.INLINE_FRAGMENT) cost += costOf(selection.selectionSet, type, costing);
    else {
      const fragment = costing.document.definitions.find(
        (one) => one.kind === Kind.FRAGMENT_DEFINITION && one.name.value === selection.name.value,
      );
      if (fragment?.kind === Kind.FRAGMENT_DEFINITION) cost += costOf(fragment.selectionSet, type, costing);
    }
  }
  return cost;
}

function costOfField(field: FieldNode, parent: GraphQLNamedType, costing: Costing): number {
  const known = isObjectType(parent) ? parent.getFields()[field.name.value] : undefined;
  if (known === undefined || field.selectionSet === undefined) return 0;
  const type = getNamedType(known.type);
  if (isLeafType(type) || type.name === 'PageInfo') return 0;
  const inside = costOf(field.selectionSet, type, costing);
  if (type.name.endsWith('Connection')) return CONNECTION_COST + pageSize(field, costing) * inside;
  return type.name.endsWith('Edge') ? inside : 1 + inside;
}

function pageSize(field: FieldNode, { variables }: Costing): number {
  const given = field.arguments?.find(({ name }) => name.value === 'first' || name.value === 'last')?.value;
  const value =
    given?.kind === Kind.VARIABLE ? variables[given.name.value] : given?.kind === Kind.INT ? given.value : 0;
  return Math.max(1, Number(value ?? 0) || 0);
}

/** What it did cost: the objects that came back. */
export function actualCost(data: unknown): number {
  if (Array.isArray(data)) return data.reduce((sum: number, one) => sum + actualCost(one), 0);
  if (typeof data !== 'object' || data === null) return 0;
  return Object.entries(data).reduce((sum, [name, one]) => sum + (name === 'pageInfo' ? 0 : actualCost(one)), 1);
}

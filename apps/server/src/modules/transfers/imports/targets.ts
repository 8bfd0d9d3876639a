import type { CellType, ColumnMapping, ImportKind } from '@segue/contract';

const WHO = ['userId', 'anonymousId', 'email', 'phone'];
const ORDER_NUMBERS = ['total', 'revenue', 'tax', 'shipping', 'discount', 'products.price', 'products.quantity'];
const CONSENT = ['identifier', 'channel', 'topic', 'status', 'occurredAt', 'source', 'text', 'url', 'ip', 'address'];

interface KindTargets {
  readonly plain: readonly string[];
  /** Objects a column can be a field of: `traits.<name>`. */
  readonly open: readonly string[];
  /** Without which nothing can be imported; of a list one is enough. */
  readonly required: readonly (readonly string[])[];
}

const TARGETS: Readonly<Record<ImportKind, KindTargets>> = {
  profiles: { plain: [...WHO, 'timestamp', 'traits'], open: ['traits'], required: [WHO] },
  events: {
    plain: [...WHO, 'timestamp', 'event', 'messageId', 'properties'],
    open: ['properties'],
    required: [WHO, ['event'], ['timestamp']],
  },
  consents: {
    plain: [...CONSENT, 'isConfirmed'],
    open: [],
    required: ['identifier', 'channel', 'topic', 'status', 'occurredAt'].map((one) => [one]),
  },
  orders: {
    plain: [
      ...WHO,
      'timestamp',
      'order_id',
      'currency',
      'coupon',
      'affiliation',
      'products',
      'properties',
      ...ORDER_NUMBERS,
    ],
    open: ['properties', 'products'],
    required: [WHO, ['order_id'], ['timestamp']],
  },
};

const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype', '']);

/** What is wrong with a target; undefined: nothing. */
export function findTargetFault(kind: ImportKind, to: string): string | undefined {
  const { plain, open } = TARGETS[kind];
  if (to === 'ignore' || plain.includes(to)) return undefined;
  const [root, ...path] = to.split('.');
  if (open.includes(root!) && path.length > 0 && path.every((step) => !FORBIDDEN.has(step))) return undefined;
  const names = [...plain, ...open.map((one) => `${one}.<name>`), 'ignore'];
  return `is nothing that ${kind} have; give one of ${names.join(', ')}`;
}

/** What this kind needs and no column or default gives, each as people call it. */
export function findMissing(kind: ImportKind, given: ReadonlySet<string>): string[] {
  return TARGETS[kind].required
    .filter((oneOf) => !oneOf.some((target) => given.has(target)))
    .map((oneOf) => oneOf.join(' or '));
}

/** How cells of a target are read where the mapping does not say. */
export function typeOf({ to, type }: Pick<ColumnMapping, 'to' | 'type'>): CellType {
  if (type !== undefined) return type;
  if (to === 'timestamp' || to === 'occurredAt') return 'time';
  if (to === 'isConfirmed') return 'boolean';
  if (ORDER_NUMBERS.includes(to)) return 'number';
  if (to === 'traits' || to === 'properties' || to === 'products') return 'json';
  return to.includes('.') && !/^products\.(?:product_id|sku)$/.test(to) ? 'auto' : 'text';
}

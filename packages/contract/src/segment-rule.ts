import { z } from 'zod';

import { findFaults, inPlainWords } from './plain-words.ts';
import { traitLeafSchema } from './segment-condition.ts';
import { eventLeafSchema, sequenceLeafSchema } from './segment-event-leaf.ts';
import {
  bucketLeafSchema,
  companyLeafSchema,
  consentLeafSchema,
  everyoneLeafSchema,
  lifecycleLeafSchema,
  listLeafSchema,
  messageLeafSchema,
  placeLeafSchema,
  reachableLeafSchema,
  segmentLeafSchema,
} from './segment-fact-leaf.ts';
import type { SegmentRule } from './segment-language.ts';
import {
  basketLeafSchema,
  boughtLeafSchema,
  couponLeafSchema,
  orderLeafSchema,
  pointsLeafSchema,
} from './segment-shop-leaf.ts';

export const RULE_DEPTH_MAX = 8;
export const RULE_NODES_MAX = 200;

/** Every kind of leaf by the key that names it. */
const LEAVES = {
  everyone: everyoneLeafSchema,
  trait: traitLeafSchema,
  event: eventLeafSchema,
  sequence: sequenceLeafSchema,
  segment: segmentLeafSchema,
  list: listLeafSchema,
  bucket: bucketLeafSchema,
  consent: consentLeafSchema,
  reachable: reachableLeafSchema,
  message: messageLeafSchema,
  company: companyLeafSchema,
  place: placeLeafSchema,
  lifecycle: lifecycleLeafSchema,
  bought: boughtLeafSchema,
  basket: basketLeafSchema,
  order: orderLeafSchema,
  points: pointsLeafSchema,
  coupon: couponLeafSchema,
} as const;
type LeafKind = keyof typeof LEAVES;
const LEAF_KINDS = Object.keys(LEAVES) as LeafKind[];

const NODE_KINDS = ['all', 'any', 'not', ...LEAF_KINDS] as const;
const NODE_REMEDY = `make each node one of { "all": [...] }, { "any": [...] }, { "not": ... }, { "trait": ..., "op": ... }, { "event": ... }, or one with ${LEAF_KINDS.filter(
  (kind) => kind !== 'trait' && kind !== 'event',
)
  .map((kind) => `"${kind}"`)
  .join(', ')}`;

type NodePath = readonly (string | number)[];

/** A walk with limits checked before stepping down, so that no input can exhaust the stack. */
class RuleReader {
  private nodes = 0;
  private readonly context: z.core.$RefinementCtx;

  constructor(context: z.core.$RefinementCtx) {
    this.context = context;
  }

  read(node: unknown, path: NodePath, depth: number): void {
    this.count(1, path);
    if (this.nodes > RULE_NODES_MAX) return;
    if (depth > RULE_DEPTH_MAX)
      return this.refuse(path, `groups are nested deeper than ${RULE_DEPTH_MAX} levels; flatten the rule`);
    if (typeof node !== 'object' || node === null || Array.isArray(node)) return this.refuse(path, NODE_REMEDY);
    const kinds = NODE_KINDS.filter((kind) => Object.hasOwn(node, kind));
    const kind = kinds[0];
    if (kind === undefined) return this.refuse(path, NODE_REMEDY);
    if (kinds.length > 1)
      return this.refuse(path, `has both ${kinds.join(' and ')}; put them side by side in an "all" or "any" group`);
    if (kind === 'all' || kind === 'any' || kind === 'not')
      return this.readGroup(node as Record<string, unknown>, kind, { path, depth });
    if (kind === 'sequence') this.countSteps(node, path);
    if (this.nodes <= RULE_NODES_MAX) this.check(LEAVES[kind], node, path);
  }

  private count(added: number, path: NodePath): void {
    const isFirstOver = this.nodes <= RULE_NODES_MAX && this.nodes + added > RULE_NODES_MAX;
    this.nodes += added;
    if (isFirstOver)
      this.refuse(path, `this rule has more than ${RULE_NODES_MAX} nodes; split it into several segments`);
  }

  /** A step weighs as much as an event of its own. */
  private countSteps(node: object, path: NodePath): void {
    if ('sequence' in node && Array.isArray(node.sequence)) this.count(node.sequence.length - 1, path);
  }

  private readGroup(
    group: Record<string, unknown>,
    kind: 'all' | 'any' | 'not',
    place: { path: NodePath; depth: number },
  ): void {
    const stray = Object.keys(group).find((key) => key !== kind);
    if (stray !== undefined) this.refuse([...place.path, stray], `remove "${stray}": a group has only "${kind}"`);
    const inner = group[kind];
    const path = [...place.path, kind];
    if (kind === 'not') return this.read(inner, path, place.depth + 1);
    if (!Array.isArray(inner) || inner.length === 0)
      return this.refuse(path, `give "${kind}" a list of at least one node`);
    for (const [index, child] of inner.entries()) {
      if (this.nodes > RULE_NODES_MAX) return;
      this.read(child, [...path, index], place.depth + 1);
    }
  }

  private check(schema: z.ZodType, leaf: unknown, path: NodePath): void {
    const result = schema.safeParse(leaf, { error: inPlainWords });
    for (const fault of findFaults(result.error?.issues ?? []))
      this.refuse([...path, ...fault.path.map(asStep)], fault.message);
  }

  private refuse(path: NodePath, remedy: string): void {
    this.context.addIssue({ code: 'custom', path: [...path], message: `${spellRulePath(path)}: ${remedy}` });
  }
}

function asStep(key: PropertyKey): string | number {
  return typeof key === 'number' ? key : String(key);
}

/** A node's place as messages name it: `rule.all[1].count`. */
export function spellRulePath(path: NodePath): string {
  let spelled = 'rule';
  for (const step of path) spelled += typeof step === 'number' ? `[${step}]` : `.${step}`;
  return spelled;
}

/**
 * Validates a rule; what it returns is the input itself, so stored rules keep their author's form.
 * Each issue names the node (`rule.all[1].count`) and what to do about it.
 */
export const segmentRuleSchema: z.ZodType<SegmentRule> = z.custom<SegmentRule>().superRefine((rule, context) => {
  new RuleReader(context).read(rule, [], 1);
});

/** The shape of a rule for documents. Parsing goes through `segmentRuleSchema`, which no nesting can exhaust. */
export const segmentRuleShape: z.ZodType<SegmentRule> = z
  .lazy(() =>
    z.union([
      z.strictObject({ all: z.array(segmentRuleShape).min(1) }),
      z.strictObject({ any: z.array(segmentRuleShape).min(1) }),
      z.strictObject({ not: segmentRuleShape }),
      ...LEAF_KINDS.map((kind): z.ZodType<SegmentRule> => LEAVES[kind]),
    ]),
  )
  .meta({
    id: 'SegmentRule',
    description:
      'Groups (`all`, `any`, `not`) over questions about traits, events, messages, consent, places, companies, orders, baskets, points, coupons and other segments',
  });

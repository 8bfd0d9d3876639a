import { z } from 'zod';

import { parseInstant } from './instant.ts';
import { findFaults, inPlainWords } from './plain-words.ts';
import {
  durationSchema,
  eventFilterSchema,
  instantSchema,
  traitLeafSchema,
  wellFormedText,
} from './segment-condition.ts';
import type { TraitLeaf } from './segment-condition.ts';

export const RULE_DEPTH_MAX = 8;
export const RULE_NODES_MAX = 200;
/** A leaf remembers the newest n + 1 times, so n bounds what a profile can weigh. */
export const COUNT_MAX = 1000;
const FILTERS_MAX = 20;

export const SELECTABLE_EVENT_TYPES = ['track', 'page', 'screen', 'identify', 'group', 'alias'] as const;

const nameSchema = wellFormedText('name the event, like "Order Completed"').refine((name) => !name.endsWith('.*'), {
  error: 'a name ending in ".*" is reserved; name one event',
});

const selectorSchema = z.union(
  [nameSchema, z.strictObject({ type: z.enum(SELECTABLE_EVENT_TYPES), name: nameSchema.optional() })],
  {
    error: `name the event, like "Order Completed" (not ending in ".*") or { "type": "page", "name": "Pricing" }; types: ${SELECTABLE_EVENT_TYPES.join(', ')}`,
  },
);

const COUNT_REMEDY = 'give exactly one of atLeast, atMost, exactly, moreThan, lessThan, like { "atLeast": 2 }';
const times = (least: number) =>
  z
    .int({ error: 'give a whole number' })
    .min(least, { error: `give at least ${least}` })
    .max(COUNT_MAX, { error: `give at most ${COUNT_MAX}` })
    .optional();

const countSchema = z
  .strictObject(
    { atLeast: times(1), atMost: times(0), exactly: times(0), moreThan: times(0), lessThan: times(1) },
    { error: COUNT_REMEDY },
  )
  .refine((count) => Object.keys(count).length === 1, { error: COUNT_REMEDY });

/**
 * How often an event happened. Without `count` at least once. `within` is the window (now - W, now];
 * `after` (included) and `before` (excluded) are absolute. All of `where` must hold on the same event.
 */
export const eventLeafSchema = z
  .strictObject({
    event: selectorSchema,
    where: z
      .array(eventFilterSchema, {
        error: 'give a list of filters, like [{ "property": "total", "op": "atLeast", "value": 50 }]',
      })
      .max(FILTERS_MAX, { error: `give at most ${FILTERS_MAX} filters` })
      .optional(),
    count: countSchema.optional(),
    within: durationSchema.optional(),
    before: instantSchema.optional(),
    after: instantSchema.optional(),
  })
  .refine(({ after, before }) => after === undefined || before === undefined || !isAtOrAfter(after, before), {
    error: 'nothing happens in this period: set "after" earlier than "before"',
    path: ['after'],
  });

function isAtOrAfter(after: string, before: string): boolean {
  return (parseInstant(after) ?? 0) >= (parseInstant(before) ?? 0);
}

export type EventLeaf = z.infer<typeof eventLeafSchema>;
export type EventCount = z.infer<typeof countSchema>;
export interface AllGroup {
  all: SegmentRule[];
}
export interface AnyGroup {
  any: SegmentRule[];
}
export interface NotGroup {
  not: SegmentRule;
}
/** A segment's rule: groups over leaves. A node is known by the one key that names its kind. */
export type SegmentRule = AllGroup | AnyGroup | NotGroup | TraitLeaf | EventLeaf;

const NODE_KINDS = ['all', 'any', 'not', 'trait', 'event'] as const;
const NODE_REMEDY = `make each node one of { "all": [...] }, { "any": [...] }, { "not": ... }, { "trait": ..., "op": ... }, { "event": ... }`;

type NodePath = readonly (string | number)[];

/** A walk with limits checked before stepping down, so that no input can exhaust the stack. */
class RuleReader {
  private nodes = 0;
  private readonly context: z.core.$RefinementCtx;

  constructor(context: z.core.$RefinementCtx) {
    this.context = context;
  }

  read(node: unknown, path: NodePath, depth: number): void {
    this.nodes += 1;
    if (this.nodes === RULE_NODES_MAX + 1)
      this.refuse(path, `this rule has more than ${RULE_NODES_MAX} nodes; split it into several segments`);
    if (this.nodes > RULE_NODES_MAX) return;
    if (depth > RULE_DEPTH_MAX)
      return this.refuse(path, `groups are nested deeper than ${RULE_DEPTH_MAX} levels; flatten the rule`);
    if (typeof node !== 'object' || node === null || Array.isArray(node)) return this.refuse(path, NODE_REMEDY);
    const kinds = NODE_KINDS.filter((kind) => Object.hasOwn(node, kind));
    const kind = kinds[0];
    if (kind === undefined) return this.refuse(path, NODE_REMEDY);
    if (kinds.length > 1)
      return this.refuse(path, `has both ${kinds.join(' and ')}; put them side by side in an "all" or "any" group`);
    if (kind === 'trait') return this.check(traitLeafSchema, node, path);
    if (kind === 'event') return this.check(eventLeafSchema, node, path);
    this.readGroup(node as Record<string, unknown>, kind, { path, depth });
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
    this.context.addIssue({ code: 'custom', path: [...path], message: `${spell(path)}: ${remedy}` });
  }
}

function asStep(key: PropertyKey): string | number {
  return typeof key === 'number' ? key : String(key);
}

function spell(path: NodePath): string {
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
      traitLeafSchema,
      eventLeafSchema,
    ]),
  )
  .meta({ id: 'SegmentRule', description: 'Groups (`all`, `any`, `not`) over questions about traits and events' });

import { type SegmentRule, spellRulePath } from '@segue/contract';

import type { Ctx } from '../../platform/context.ts';
import { parsePublicId, publicId } from '../../platform/ids/index.ts';
import { refuseFaults } from './check-rule.ts';
import type { RuleFault } from './rule-faults.ts';

/** Which of these ids there are, archived ones among them: their messages were sent. One query. */
type FindExisting = (
  sql: Ctx['sql'],
  workspaceId: number,
  ids: readonly string[],
) => Promise<{ has(id: string): boolean }>;

/** What messages come from, as a message leaf names it. The modules that own it stand above this one. */
export interface MessageOrigins {
  readonly template: FindExisting;
  readonly journey: FindExisting;
}

const PREFIXES = { template: 'tpl', journey: 'jrn' } as const;

/** Refuses a rule that asks for messages of templates or journeys that never were, each by its node. */
export async function checkMessageOrigins(ctx: Ctx, rule: SegmentRule, origins: MessageOrigins): Promise<void> {
  const faults: RuleFault[] = [];
  for (const kind of ['template', 'journey'] as const) {
    const named = namedOrigins(rule, kind);
    if (named.length === 0) continue;
    const prefix = PREFIXES[kind];
    const ids = named.flatMap(({ id }) => parsePublicId(prefix, id) ?? []);
    const found = await origins[kind](ctx.sql, ctx.workspaceId, ids);
    const known = new Set(ids.filter((id) => found.has(id)).map((id) => publicId(prefix, id)));
    for (const { id, place } of named) {
      if (known.has(id)) continue;
      const field = spellRulePath([...place, kind]);
      const remedy = `there is no such ${kind}; give the id of one that GET /api/v1/${kind}s lists`;
      faults.push({ field, message: `${field}: ${remedy}` });
    }
  }
  refuseFaults(faults);
}

interface Named {
  readonly id: string;
  readonly place: readonly (string | number)[];
}

function namedOrigins(rule: SegmentRule, kind: keyof MessageOrigins, place: Named['place'] = []): readonly Named[] {
  const within = (nodes: readonly SegmentRule[], key: string) =>
    nodes.flatMap((node, index) => namedOrigins(node, kind, [...place, key, index]));
  if ('all' in rule) return within(rule.all, 'all');
  if ('any' in rule) return within(rule.any, 'any');
  if ('not' in rule) return namedOrigins(rule.not, kind, [...place, 'not']);
  const id = 'message' in rule ? rule[kind] : undefined;
  return id === undefined ? [] : [{ id, place }];
}

import type { Leaf } from '../leaf.ts';
import type { EventSource } from '../leaf-plan.ts';
import { typeCondition } from './source-sql.ts';
import { createRowSql, type RowSql } from './row-sql.ts';

/**
 * A whole rule as one query under construction. What is asked of each event is a column; of each identity node an aggregate of
 * those columns; of each profile an aggregate over its nodes. The rule's tree is a condition on the profile's.
 */
export interface RuleParts {
  readonly row: RowSql;
  /** Every leaf of the rule, by key. */
  readonly leaves: ReadonlyMap<string, Leaf>;
  readonly nowMs: number;
  /** Now, as a parameter. */
  readonly now: string;
  /** Which rows are read at all: those of these sources that happened after an instant. */
  source(heard: Heard, afterMs?: number): void;
  /** The name of something said of an event, computed once. */
  said(sql: string): string;
  /** Events for which this is true leave their profile undecided. */
  unsure(sql: string): void;
  /** The name of a profile's aggregate: `each` over a node's events, `all` over the profile's nodes, where `?` is `each`. */
  total(each: string, all: string): string;
  /** Profiles for which this is true are undecided. */
  unsureOf(sql: string): void;
}

export type Heard = Pick<EventSource, 'type' | 'name' | 'prefix'>;

export interface BuiltRule {
  readonly where: string;
  readonly events: string;
  readonly nodes: string;
  readonly profiles: string;
  readonly unsure: string;
}

export function createRuleParts(
  leaves: RuleParts['leaves'],
  nowMs: number,
): { readonly parts: RuleParts; build(): BuiltRule } {
  const row = createRowSql();
  const heard: Heard[] = [];
  let earliestMs = Number.POSITIVE_INFINITY;
  const said = new Map<string, string>();
  const unsureEvents = new Set<string>();
  const unsureProfiles = new Set<string>();
  const totals = new Map<string, string>();
  const nodes: string[] = [];
  const profiles: string[] = [];
  const total = (each: string, all: string): string => {
    const key = `${each}\n${all}`;
    const known = totals.get(key);
    if (known !== undefined) return known;
    const name = `t${totals.size}`;
    totals.set(key, name);
    nodes.push(`, ${each} as n_${name}`);
    profiles.push(`, ${all.replaceAll('?', `n_${name}`)} as ${name}`);
    return name;
  };
  const parts: RuleParts = {
    row,
    leaves,
    nowMs,
    now: row.bind(nowMs, 'Int64'),
    source(source, afterMs = Number.NEGATIVE_INFINITY) {
      heard.push(source);
      earliestMs = Math.min(earliestMs, afterMs);
    },
    said(sql) {
      const name = said.get(sql) ?? `s${said.size}`;
      said.set(sql, name);
      return name;
    },
    unsure: (sql) => void unsureEvents.add(`(${sql})`),
    unsureOf: (sql) => void unsureProfiles.add(`(${sql})`),
    total,
  };
  return {
    parts,
    build() {
      if (unsureEvents.size > 0) unsureProfiles.add(`${total(`max(${[...unsureEvents].join(' or ')})`, 'max(?)')} = 1`);
      return {
        where: heardCondition(heard, { earliestMs, now: parts.now, row }),
        // What the engine finds to be never true it takes for a constant at one place and not at another, and stumbles over that.
        events: [...said].map(([sql, name]) => `, materialize(${sql}) as ${name}`).join(''),
        nodes: nodes.join(''),
        profiles: profiles.join(''),
        unsure: unsureProfiles.size === 0 ? '0' : [...unsureProfiles].join(' or '),
      };
    },
  };
}

/** Reads a little more than is asked, by as few tests as can be: each aggregate asks for itself. */
function heardCondition(
  heard: readonly Heard[],
  { earliestMs, now, row }: { readonly earliestMs: number; readonly now: string; readonly row: RowSql },
): string {
  const types = [...new Set(heard.map(({ type }) => type))];
  const conditions = types.map((type) => {
    const of = heard.filter((source) => source.type === type);
    const isType = typeCondition(type, row);
    if (of.some(({ name, prefix }) => name === undefined && prefix === undefined)) return `(${isType})`;
    const names = [...new Set(of.flatMap(({ name }) => name ?? []))];
    const prefixes = [...new Set(of.flatMap(({ prefix }) => prefix ?? []))];
    const isNamed = [
      ...(names.length === 0 ? [] : [`name in ${row.bind(names, 'Array(String)')}`]),
      ...prefixes.map((prefix) => `startsWith(name, ${row.bind(prefix, 'String')})`),
    ];
    return `(${isType} and (${isNamed.join(' or ')}))`;
  });
  if (conditions.length === 0) return '0';
  const since = Number.isFinite(earliestMs) ? ` and occurred_ms > ${row.bind(earliestMs, 'Int64')}` : '';
  return `(${conditions.join(' or ')}) and occurred_ms <= ${now}${since}`;
}

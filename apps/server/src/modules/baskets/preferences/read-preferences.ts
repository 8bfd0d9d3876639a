import { createHash } from 'node:crypto';
import type { Sql } from '../../../platform/postgres/index.ts';
import type { BasketOwner } from '../basket.ts';
import { joinPreferences, type Preference } from './preference.ts';
import { listParts, listPartsOf, type Part, readPreferences } from './preference-store.ts';

/** What somebody prefers, as it is shown. */
export interface PresentedPreferences {
  readonly preferences: Readonly<Record<string, Exclude<Preference['value'], null>>>;
  readonly entries: readonly {
    readonly name: string;
    readonly value: Exclude<Preference['value'], null>;
    readonly saidAt: string;
    readonly saidBy: string;
  }[];
  readonly isLinked: boolean;
  /** Another one with every change. */
  readonly version: string;
}

/** What a customer prefers, wherever it was said. Two queries. */
export async function preferencesOf(sql: Sql, workspaceId: number, owner: BasketOwner): Promise<PresentedPreferences> {
  return read(sql, workspaceId, { parts: await listPartsOf(sql, workspaceId, owner), isLinked: true });
}

/** As whoever holds a place's token is told it: a guest only what was said there. Undefined: there is none. Two queries. */
export async function preferencesOfSet(
  sql: Sql,
  workspaceId: number,
  set: { readonly id: string; readonly isLinked: boolean },
): Promise<PresentedPreferences | undefined> {
  const parts = (await listParts(sql, workspaceId, [set.id])).get(set.id);
  return parts === undefined ? undefined : read(sql, workspaceId, { parts, isLinked: set.isLinked });
}

/** The same as long as the same was said in the same places. Pure. */
export function versionOf(parts: readonly Part[]): string {
  const said = parts.map(({ id, version }) => `${id} ${version}`).toSorted();
  return createHash('sha256').update(said.join('\n')).digest('base64url').slice(0, 22);
}

async function read(
  sql: Sql,
  workspaceId: number,
  { parts, isLinked }: { parts: readonly Part[]; isLinked: boolean },
): Promise<PresentedPreferences> {
  const ids = parts.map(({ id }) => id);
  const joined = joinPreferences(await readPreferences(sql, workspaceId, ids));
  const entries = [...joined.values()].flatMap(({ name, value, saidAtMs, saidBy }) =>
    value === null ? [] : [{ name, value, saidAt: new Date(saidAtMs).toISOString(), saidBy }],
  );
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  const preferences = Object.fromEntries(entries.map(({ name, value }) => [name, value]));
  return { preferences, entries, isLinked, version: versionOf(parts) };
}

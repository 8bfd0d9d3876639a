import type { Json } from '../../../platform/json.ts';
import type { PersonalDataKeeper } from '../../../platform/personal-data/index.ts';
import { deleteNamedSets, listNamedSets } from './personal-store.ts';
import { readPreferences } from './preference-store.ts';

/** What customers prefer, and when and where they said so. Tokens are keys to it, so they are told to nobody. */
export const preferencesPersonalData: PersonalDataKeeper = {
  name: 'preferences',
  untold: {},
  async *export({ sql, workspaceId }, subject) {
    const sets = await listNamedSets(sql, workspaceId, subject);
    const said = await readPreferences(
      sql,
      workspaceId,
      sets.map(({ id }) => id),
    );
    for (const { id, ...set } of sets) {
      const preferences = said
        .filter(({ setId }) => setId === id)
        .map(({ name, value, saidAtMs, saidBy }) => ({
          ...{ name, value, saidAt: new Date(saidAtMs).toISOString(), saidBy },
        }));
      yield { kind: 'preferences', data: { ...set, preferences } as unknown as Json };
    }
  },
  async erase({ sql, workspaceId }, subject) {
    return { rows: await deleteNamedSets(sql, workspaceId, subject) };
  },
};

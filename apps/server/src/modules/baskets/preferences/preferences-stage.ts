import { finalOwners, type Stage } from '../../../platform/eventlog/index.ts';
import { ownersOfNodes } from '../../profiles/index.ts';
import { giveSets, handSetsOver, listWaitingNodes, moveSets } from './set-store.ts';

/** What customers prefer follows them: only whose a place is changes, what was said there never does. */
export function createPreferencesStage(): Stage {
  return {
    name: 'preferences',
    async run({ sql, workspaceId, merges, entries }) {
      await moveSets(sql, workspaceId, finalOwners(merges));
      const nodes = new Set(entries.flatMap(({ event }) => event.nodes.map(({ id }) => id)));
      const waiting = await listWaitingNodes(sql, workspaceId, [...nodes]);
      if (waiting.length > 0) await giveSets(sql, workspaceId, await ownersOfNodes(sql, workspaceId, waiting));
    },
    async rebuild({ sql, workspaceId, handovers }) {
      await handSetsOver(sql, workspaceId, handovers);
    },
  };
}

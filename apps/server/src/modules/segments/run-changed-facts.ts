import type { Services } from '../../platform/context.ts';
import { inSubjects } from '../../platform/eventlog/index.ts';
import {
  type ChangedFact,
  dropChangedFacts,
  followMerged,
  listChangedFacts,
  postponeChangedFacts,
  takeChangedFacts,
} from '../profiles/index.ts';
import { advanceMembers, type Look, quietLook } from './advance-members.ts';
import { segmentDefinitions } from './definitions.ts';
import type { Fact } from './facts.ts';
import { factsChanged } from './facts-changed.ts';
import { FAULT_REST_MS, lookOneByOne } from './look-one-by-one.ts';

const ROWS_MAX = 1_000;

/**
 * Looks again at profiles of whom something changed that rules read and that is not part of their own state: consent, an
 * address, a company, a list. One round; answers how many rows it took.
 */
export async function runChangedFacts(services: Services): Promise<number> {
  const { postgres, clock } = services;
  const waiting = await listChangedFacts(postgres, { at: new Date(clock.now()), limit: ROWS_MAX });
  for (const workspaceId of new Set(waiting.map((row) => row.workspace_id))) {
    const changes = waiting.flatMap(({ workspace_id: of, profile_id: profileId, fact }) =>
      of === workspaceId ? [{ profileId, fact }] : [],
    );
    const read = await dropUnread(services, workspaceId, changes);
    const ids = [...new Set(read.map(({ profileId }) => profileId))];
    if (ids.length === 0) continue;
    const failed = await lookOneByOne(services, ids, (some) => lookAgain(services, workspaceId, some));
    await postponeChangedFacts(postgres, workspaceId, {
      profileIds: failed,
      until: new Date(clock.now() + FAULT_REST_MS),
    });
  }
  return waiting.length;
}

/** Most facts no rule reads: their rows go without a look. Answers the others. */
async function dropUnread(
  services: Services,
  workspaceId: number,
  changes: readonly ChangedFact[],
): Promise<readonly ChangedFact[]> {
  return inSubjects(services, { workspaceId, ids: [] }, async (batch) => {
    const { facts } = await segmentDefinitions(batch);
    const isRead = ({ fact }: ChangedFact) => facts.has(fact as Fact);
    const unread = changes.filter((change) => !isRead(change));
    const dropped = {
      profileIds: unread.map(({ profileId }) => profileId),
      facts: [...new Set(unread.map(({ fact }) => fact))],
    };
    await dropChangedFacts(batch.sql, workspaceId, dropped);
    return changes.filter(isRead);
  });
}

async function lookAgain(services: Services, workspaceId: number, ids: readonly string[]): Promise<void> {
  const current = await followMerged(services.postgres, workspaceId, ids);
  const locked = [...new Set([...ids, ...current.values()])];
  await inSubjects(services, { workspaceId, ids: locked }, async (batch) => {
    const definitions = await segmentDefinitions(batch);
    const changes = await takeChangedFacts(batch.sql, workspaceId, ids);
    const looks = new Map<string, Look>();
    for (const [profileId, names] of namesByProfile(changes)) {
      const subject = batch.subjects.get(current.get(profileId) ?? profileId);
      const facts = factsChanged(definitions.facts, names);
      if (subject === undefined || facts.length === 0) continue;
      const cause = facts.every((fact) => fact === '$list') ? 'list' : 'event';
      looks.set(subject.id, { ...quietLook(subject), everyRule: true, cause });
    }
    await advanceMembers(batch, definitions, { looks: [...looks.values()] });
  });
}

function namesByProfile(changes: readonly ChangedFact[]): ReadonlyMap<string, ReadonlySet<string>> {
  const names = new Map<string, Set<string>>();
  for (const { profileId, fact } of changes) names.set(profileId, (names.get(profileId) ?? new Set()).add(fact));
  return names;
}

import type { Answers, JourneyGraph } from '@segue/contract';
import type { Ctx } from '../../platform/context.ts';
import { publicId } from '../../platform/ids/index.ts';
import { listLiveVersions } from './journey-store.ts';
import { listRuns } from './run-store.ts';

type Step = JourneyGraph['steps'][number];

/** Where each run of a profile waits, until when, and what it may go on with. Two queries. */
export async function listNextSteps({ sql, workspaceId }: Ctx, profileId: string): Promise<Answers['journeys']> {
  const runs = await listRuns(sql, workspaceId, { profileIds: [profileId], past: [] });
  if (runs.length === 0) return [];
  const versions = await listLiveVersions(sql, workspaceId);
  return runs
    .flatMap((run) => {
      const version = versions.find((one) => one.id === run.journeyId && one.graph_version === run.version);
      const step = version?.graph.steps.find(({ id }) => id === run.stepId);
      if (version === undefined || step === undefined || run.state !== 'waiting') return [];
      return [
        {
          journeyId: publicId('jrn', run.journeyId),
          journey: version.name,
          runId: publicId('run', run.id),
          step: step.id,
          kind: step.kind,
          until: run.wakeAt === null ? null : new Date(run.wakeAt).toISOString(),
          next: nextOf(step),
          isPaused: version.state === 'paused',
        },
      ];
    })
    .sort((a, b) => (spotOf(a) < spotOf(b) ? -1 : 1));
}

/** Those that wait for no time come first; of one time in the order of their ids. */
function spotOf({ until, runId }: Answers['journeys'][number]): string {
  return `${until ?? ''} ${runId}`;
}

function nextOf(step: Step): string[] {
  switch (step.kind) {
    case 'delay':
    case 'send':
      return named([step.next]);
    case 'waitForEvent':
      return named([...step.events.map(({ next }) => next), step.onTimeout]);
    case 'branch':
      return named([...step.branches.map(({ next }) => next), step.otherwise]);
    case 'exit':
      return [];
  }
}

function named(steps: readonly (string | undefined)[]): string[] {
  return [...new Set(steps.filter((step) => step !== undefined))];
}

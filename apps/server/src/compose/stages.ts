import { consentStage } from '../modules/consent/index.ts';
import { sessionsStage } from '../modules/events/index.ts';
import { createJourneysStage } from '../modules/journeys/index.ts';
import { messagingStage } from '../modules/messaging/index.ts';
import { companiesStage, createIdentityStage, createTraitsStage } from '../modules/profiles/index.ts';
import { segmentStage } from '../modules/segments/index.ts';
import type { Services } from '../platform/context.ts';
import type { Stage } from '../platform/eventlog/index.ts';

/** What happens to an event, in this order. Journeys come last: they read what the others have just decided. */
export function createStages(services: Services): readonly Stage[] {
  return [
    createIdentityStage(),
    createTraitsStage((workspaceId) => services.keysOf(workspaceId)),
    companiesStage,
    sessionsStage,
    consentStage,
    segmentStage,
    messagingStage,
    createJourneysStage(),
  ];
}

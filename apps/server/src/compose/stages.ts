import { createAlertsStage, createBasketsStage, createPreferencesStage } from '../modules/baskets/index.ts';
import { consentSignalsStage, consentStage } from '../modules/consent/index.ts';
import { createSubjectHistory, sessionsStage } from '../modules/events/index.ts';
import { createLoyaltyStage } from '../modules/loyalty/index.ts';
import { createJourneysStage } from '../modules/journeys/index.ts';
import { messagingStage } from '../modules/messaging/index.ts';
import { companiesStage, createIdentityStage, createTraitsStage, restrictionStage } from '../modules/profiles/index.ts';
import { createOrdersStage } from '../modules/orders/index.ts';
import { createPromotionsStage } from '../modules/promotions/index.ts';
import { segmentStage } from '../modules/segments/index.ts';
import type { Services } from '../platform/context.ts';
import { createCommerce } from './commerce.ts';
import { createReshaper, type Reshaper, type Stage } from '../platform/eventlog/index.ts';

/** What happens to an event, in this order. Journeys come last: they read what the others have just decided. */
export function createStages(services: Services): readonly Stage[] {
  const commerce = createCommerce();
  return [
    createIdentityStage(),
    createTraitsStage((workspaceId) => services.keysOf(workspaceId)),
    companiesStage,
    sessionsStage,
    consentStage,
    consentSignalsStage,
    restrictionStage,
    createOrdersStage(commerce.book, commerce.followers),
    createPromotionsStage(),
    createLoyaltyStage(),
    createBasketsStage(),
    createPreferencesStage(),
    createAlertsStage(),
    segmentStage,
    messagingStage,
    createJourneysStage(),
  ];
}

/** What merges, unmerges and rebuilds profiles on somebody's word: the same stages, over a past that is read again. */
export function createProfileReshaper(services: Services, stages = createStages(services)): Reshaper {
  return createReshaper({ stages, history: createSubjectHistory(services.history) });
}

import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { sweepSignIn } from '../modules/accounts/index.ts';
import { forgetAlerts, runAlertEdges, runAlertWaves, sweepBaskets } from '../modules/baskets/index.ts';
import {
  type Committer,
  retainWebhooks,
  runAnnouncements,
  runArchive,
  runObserver,
  runRejectionRetention,
  runWebhooks,
  WebhookSender,
} from '../modules/events/index.ts';
import { runProductFeeds } from '../modules/catalog/index.ts';
import {
  forgetConnectorRemains,
  runConnectorInbox,
  runConnectorPolls,
  runStockPush,
} from '../modules/connectors/index.ts';
import { readSignalConsent } from '../modules/consent/index.ts';
import { forgetLinkVisits, runHeldClicks } from '../modules/content/index.ts';
import { forgetStockNews, runReservationExpiry, runStockNews } from '../modules/inventory/index.ts';
import { runDuePoints, runPointsNews } from '../modules/loyalty/index.ts';
import { runDueJourneyWaits } from '../modules/journeys/index.ts';
import { createEmailChannel, recoverMessages, runDueMessages, type SendDeps } from '../modules/messaging/index.ts';
import {
  forgetGuesses,
  forgetOldHolds,
  runCouponGeneration,
  runHoldExpiry,
  runPoolWatch,
} from '../modules/promotions/index.ts';
import { forgetRemnants, runEventRetention, runPrivacyRequests } from '../modules/privacy/index.ts';
import { runProfileRebuilds } from '../modules/profiles/index.ts';
import { runBackFills, runDueWakes } from '../modules/segments/index.ts';
import { forgetImports, runImports } from '../modules/transfers/index.ts';
import type { Config } from '../platform/config/index.ts';
import type { Services } from '../platform/context.ts';
import { LaneHold, runProcessor, runRetention } from '../platform/eventlog/index.ts';
import { forgetIdempotencyKeys } from '../platform/http/index.ts';
import { runLoop } from '../platform/jobs/index.ts';
import { createOutbound, type Outbound } from '../platform/outbound/index.ts';
import { createCommerce, products } from './commerce.ts';
import { REWRITTEN_TABLES } from './privacy.ts';
import { createSendGuard } from './send-guard.ts';
import { createRequestWork } from './request-work.ts';
import { createProfileReshaper, createStages } from './stages.ts';

/** Two intake batches in flight: one computes while the other waits for the database. */
const PROCESSOR_WORKERS = 2;
/** A call to an endpoint that hangs is left to the next process, which makes it again under the same id. */
const WEBHOOKS_END_MS = 5_000;

export interface Worker {
  /** Stops taking work and finishes what is under way. */
  stop(): Promise<void>;
}

/** Everything that works in the background: the processor, the archive, and every wait that has come due. */
export function startWorker(
  config: Config,
  services: Services,
  own: { processId: string; committer: Committer },
): Worker {
  const { processId, committer } = own;
  const abort = new AbortController();
  const { signal } = abort;
  // Every loop below listens for the end.
  setMaxListeners(0, signal);
  const { logger } = services;
  const send = createSendDeps(config, { services, processId });
  const outbound = createOutbound({ allow: config.outboundAllow });
  const webhooks = new WebhookSender(services, {
    outbound,
    processId,
  });
  const reshaper = createProfileReshaper(services);
  const requestWork = createRequestWork(reshaper);
  const hold = new LaneHold({ reader: 'processor', processId });
  const loop = (name: string, restMs: number, run: () => Promise<number>) =>
    runLoop({ name, restMs, run, signal, logger, onNews: (listener) => services.log.onAppend(listener) });
  const running = [
    runProcessor(services, { stages: createStages(services), hold, workers: PROCESSOR_WORKERS, signal }),
    runArchive(services, { processId, signal }),
    runObserver(services, { processId, signal }),
    runWebhooks(services, { processId, signal, readSignals: readSignalConsent }),
    loop('webhooks', 50, () => webhooks.work()),
    loop('webhook retention', 60_000, () => retainWebhooks(services)),
    loop('profile rebuilds', 100, () => runProfileRebuilds(services, reshaper)),
    loop('privacy requests', 250, () => runPrivacyRequests(services, requestWork)),
    loop('remnants of erasures', 60_000, () => forgetRemnants(services, REWRITTEN_TABLES)),
    loop('announcements', 25, () => runAnnouncements(services, { committer })),
    loop('imports', 100, () => runImports(services, { committer, processId })),
    loop('retention of imports', 60_000, () => forgetImports(services)),
    loop('event retention', 60_000, () => runEventRetention(services)),
    ...shopLoops(services, { config, outbound }).map(([name, restMs, run]) => loop(name, restMs, run)),
    loop('product feeds', 1_000, () => runProductFeeds(services, { outbound, owner: processId, signal })),
    loop('segment wakes', 100, () => runDueWakes(services)),
    loop('segment back-fills', 250, () => runBackFills(services)),
    loop('journey waits', 100, () => runDueJourneyWaits(services)),
    loop('held clicks', 250, () => runHeldClicks(services)),
    loop('link visits', 60_000, () => forgetLinkVisits(services)),
    loop('retention', 60_000, () => runRetention(services)),
    loop('rejected events', 60_000, () => runRejectionRetention(services)),
    loop('sign-in sweep', 60_000, () => sweepSignIn(services)),
    loop('idempotency keys', 60_000, () => forgetIdempotencyKeys(services)),
    ...(send === undefined
      ? []
      : [
          loop('sends', 50, () => runDueMessages(services, send)),
          loop('send recovery', 2_000, () => recoverMessages(services, send)),
        ]),
  ];
  if (send === undefined) logger.warn({}, 'SEGUE_SMTP_URL is not set: messages wait until it is');
  return {
    async stop() {
      abort.abort();
      await Promise.all(running);
      await webhooks.idle(WEBHOOKS_END_MS);
      await Promise.all([...(send?.channels.values() ?? [])].map((channel) => channel.close()));
    },
  };
}

type Loop = readonly [name: string, restMs: number, run: () => Promise<number>];

/** What stock, coupons and connected shops leave to be done. */
function shopLoops(services: Services, { config, outbound }: { config: Config; outbound: Outbound }): readonly Loop[] {
  const commerce = createCommerce();
  const sync = { outbound, ports: commerce.shops, publicUrl: config.publicUrl, owner: randomUUID() };
  return [
    ['stock news', 25, () => runStockNews(services)],
    ['expiry of reservations', 250, () => runReservationExpiry(services)],
    ['old stock news', 60_000, () => forgetStockNews(services)],
    ['edges of alerts', 250, () => runAlertEdges(services)],
    ['waves of alerts', 250, () => runAlertWaves(services)],
    ['old alerts', 60_000, () => forgetAlerts(services)],
    ['old baskets', 60_000, () => sweepBaskets(services)],
    ['coupon holds', 250, () => runHoldExpiry(services)],
    ['old coupon holds', 60_000, () => forgetOldHolds(services)],
    ['coupon codes', 250, () => runCouponGeneration(services)],
    ['coupon pools', 60_000, () => runPoolWatch(services)],
    ['due points', 250, () => runDuePoints(services)],
    ['news of points', 50, () => runPointsNews(services)],
    ['guesses at coupons', 60_000, () => forgetGuesses(services)],
    ['inbox of connectors', 50, () => runConnectorInbox(services, commerce.shops)],
    ['polls of connectors', 1_000, () => runConnectorPolls(services, sync)],
    ['stock for connected shops', 250, () => runStockPush(services, sync)],
    ['remains of connectors', 60_000, () => forgetConnectorRemains(services)],
  ];
}

function createSendDeps(
  config: Config,
  { services, processId }: { services: Services; processId: string },
): SendDeps | undefined {
  if (config.smtpUrl === undefined) return undefined;
  const email = createEmailChannel({ smtpUrl: config.smtpUrl, from: config.mailFrom });
  return {
    processId,
    channels: new Map([['email', email]]),
    guard: createSendGuard(services.clock),
    products,
    publicUrl: config.publicUrl,
    inFlight: new Set(),
  };
}

import { randomUUID } from 'node:crypto';
import type { api, OperationId, QueryOf } from '@segue/contract';
import { inSubjects } from '../../platform/eventlog/index.ts';
import { type ApiWorld, NOW } from './api-world.ts';
import { EXAMPLES } from './examples.data.ts';
import { ALERT_GROW } from './grow-alerts.ts';
import { COMMERCE_GROW } from './grow-commerce.ts';
import { CONNECTOR_GROW } from './grow-connectors.ts';
import { FEED_GROW } from './grow-feeds.ts';
import { LOYALTY_GROW } from './grow-loyalty.ts';
import { TRANSFER_GROW } from './grow-transfers.ts';
import { PROMOTIONS_GROW } from './grow-promotions.ts';
import type { Shop } from './shop.ts';

type Api = typeof api;
/** Every call that gives its answer in pages. */
export type PagedId = { [Id in OperationId]: 'cursor' extends keyof QueryOf<Api[Id]> ? Id : never }[OperationId];

type Grow = (world: ApiWorld, shop: Shop) => Promise<void>;

const MINUTE_MS = 60_000;
const uuidOf = (publicId: string): string => publicId.slice(publicId.indexOf('_') + 1);
const past = (): Date => new Date(NOW - Math.floor(Math.random() * 1_000) * MINUTE_MS);

/** Adds what another call makes. */
function by(id: OperationId): Grow {
  return async (_world, shop) => void (await shop.call(id, await EXAMPLES[id](shop)));
}

function insert(text: string, values: (shop: Shop) => readonly unknown[]): Grow {
  return async (world, shop) => {
    await world.services.postgres.query({ text, values: [shop.workspaceId, ...values(shop)] });
  };
}

/** Sends an event through intake and lets it be processed and archived. */
function send(event: (shop: Shop) => object): Grow {
  return async (world, shop) => {
    const batch = [{ userId: 'ada', messageId: shop.word(), ...event(shop) }];
    const payload = { writeKey: shop.writeKey, batch };
    const response = await world.app.inject({ method: 'POST', url: '/v1/batch', payload });
    if (response.statusCode !== 200) throw new Error(`not taken: ${response.body}`);
    await world.settle();
  };
}

const addRun = insert(
  `insert into journey_run (workspace_id, id, journey_id, version, profile_id, key, state, at_ms, entered_ms, ended_ms, context, path)
   values ($1, $2, $3, 1, $4, $2::uuid::text, 3, $5, $5, $5, '{}', '[]')`,
  ({ journeyId, profileId }) => [randomUUID(), uuidOf(journeyId), uuidOf(profileId), NOW],
);

/** Each visit in an hour of its own, here and there: two in the same would be one session. */
let visits = 1;

/** How each list gets one row more, as far as can be at another place each time. */
export const GROW: Readonly<Record<PagedId, Grow>> = {
  ...COMMERCE_GROW,
  ...ALERT_GROW,
  ...CONNECTOR_GROW,
  ...FEED_GROW,
  ...LOYALTY_GROW,
  ...TRANSFER_GROW,
  ...PROMOTIONS_GROW,
  listProfiles: async (world, shop) => {
    const { services } = world;
    const { workspaceId } = shop;
    const id = randomUUID();
    await insert('insert into profile (workspace_id, id, created_at) values ($1, $2, $3)', () => [id, past()])(
      world,
      shop,
    );
    await inSubjects(services, { workspaceId, ids: [] }, async (batch) => void batch.create(id));
  },
  listProfileTimeline: send(() => ({ type: 'track', event: 'Walked', timestamp: past().toISOString() })),
  listProfileSessions: send(() => ({
    type: 'page',
    name: 'Home',
    timestamp: new Date(NOW - ((visits++ * 197) % 500) * 60 * MINUTE_MS).toISOString(),
  })),
  listCompanies: send((shop) => ({ type: 'group', groupId: shop.word(), traits: { name: 'Acme' } })),
  listProfileCompanies: send((shop) => ({ type: 'group', groupId: shop.word(), traits: { name: 'Acme' } })),
  listCompanyMembers: send((shop) => ({ type: 'group', groupId: 'secret-acme', userId: shop.word() })),
  listProfileConsents: async (_world, shop) => {
    const { params, body } = await EXAMPLES.recordConsent(shop);
    const occurredAt = past().toISOString();
    await shop.call('recordConsent', { params: { ...params }, body: { ...(body as object), occurredAt } });
  },
  listTopics: by('createTopic'),
  listSuppressions: by('suppressAddress'),
  listConsentWordings: by('writeConsentWording'),
  listProfileConsentSignals: insert(
    `insert into consent_signal (workspace_id, id, profile_id, said_by, node_kind, node_id, kind, fingerprint, occurred_at, recorded_at,
       cause, decoded)
     values ($1, $2, $3, $3, 10, 0, 'gpc', '', $4, $4, $2::uuid::text, '{"gpc": true}')`,
    ({ profileId }) => [randomUUID(), uuidOf(profileId), past()],
  ),
  listSegments: by('createSegment'),
  listProfileSegments: async (world, shop) => {
    const { id } = await shop.call<{ id: string }>('createSegment', await EXAMPLES.createSegment(shop));
    await insert(
      'insert into segment_member (workspace_id, segment_id, profile_id, entered_at) values ($1, $2, $3, $4)',
      ({ profileId }) => [uuidOf(id), uuidOf(profileId), past()],
    )(world, shop);
  },
  listSegmentMembers: insert(
    'insert into segment_member (workspace_id, segment_id, profile_id, entered_at) values ($1, $2, $3, $4)',
    ({ segmentId }) => [uuidOf(segmentId), randomUUID(), past()],
  ),
  listLists: by('createList'),
  listComputedTraits: by('createComputedTrait'),
  listListMembers: async (_world, shop) =>
    void (await shop.call('addListMembers', {
      params: { id: shop.listId },
      body: { profileIds: [await shop.addProfile()] },
    })),
  listTemplates: by('createTemplate'),
  listMessages: by('sendMessage'),
  listJourneys: by('createJourney'),
  listJourneyRuns: addRun,
  listProfileRuns: addRun,
  listAuditEntries: by('updateSendPolicy'),
  listPrivacyRequests: by('createPrivacyRequest'),
  listShopifyAccounts: by('createShopifyAccount'),
  listApiKeys: by('createApiKey'),
  listMembers: async (_world, shop) => void (await shop.addMember()),
  listInvites: by('createInvite'),
  listSources: by('createSource'),
  listWriteKeys: by('createWriteKey'),
  listRejectedEvents: insert(
    `insert into rejected_event (workspace_id, id, source, at, type, name, field, reason, item_sealed, is_cut)
     values ($1, $2, (select number from source where workspace_id = $1 limit 1), $3, 'track', '', 'event', 'give it', '', false)`,
    () => [randomUUID(), past()],
  ),
  listObservedEvents: insert(
    `insert into observed_event (workspace_id, source, type, name, first_at, last_at, count, fields, state)
     values ($1, (select number from source where workspace_id = $1 and id = $4), 'track', $2, $3, $3, 1, 0, '')`,
    ({ word, sourceId }) => [[...word()].toReversed().join(''), past(), uuidOf(sourceId)],
  ),
  listDrifts: async (_world, shop) => void (await shop.addDrift()),
  listIdentityConflicts: async (_world, shop) => void (await shop.addConflict()),
  listDeadLetters: async (_world, shop) => void (await shop.addDeadLetter()),
  listWebhooks: by('createWebhook'),
  listImports: by('createImport'),
  listExports: by('createExport'),
  listImportErrors: async (world, shop) => {
    const reject = `insert into data_import_reject (workspace_id, import_id, line, at_column, message)
                    values ($1, $2, (random() * 1000000000)::bigint, '', 'cannot be read')`;
    await insert(reject, () => [uuidOf(shop.importId)])(world, shop);
  },
  listWebhookDeliveries: async (_world, shop) => void (await shop.addDelivery(shop.webhookId)),
};

/** Where a list may be ordered by an instant, and the engine knows it to the microsecond. */
export const INSTANTS: Partial<Record<PagedId, readonly [table: string, column: string]>> = {
  listProfileConsents: ['consent_record', 'occurred_at'],
  listTopics: ['consent_topic', 'created_at'],
  listSuppressions: ['suppression', 'created_at'],
  listProfileConsentSignals: ['consent_signal', 'occurred_at'],
  listSegments: ['segment', 'created_at'],
  listTemplates: ['template', 'created_at'],
  listMessages: ['message', 'created_at'],
  listAuditEntries: ['audit_entry', 'at'],
  listApiKeys: ['api_key', 'created_at'],
  listMembers: ['member', 'created_at'],
  listInvites: ['invite', 'created_at'],
  listSources: ['source', 'created_at'],
  listWriteKeys: ['write_key', 'created_at'],
  listRejectedEvents: ['rejected_event', 'at'],
  listWebhooks: ['webhook_endpoint', 'created_at'],
  listWebhookDeliveries: ['webhook_delivery', 'created_at'],
};

/** Moves what has whole milliseconds by some microseconds, as a clock of the database would have it. */
export async function jitter(
  { services }: ApiWorld,
  { workspaceId }: Shop,
  [table, column]: readonly [table: string, column: string],
): Promise<void> {
  await services.postgres.query({
    text: `update ${table} set ${column} = ${column} + (1 + floor(random() * 998)) * interval '1 microsecond'
           where workspace_id = $1 and date_trunc('milliseconds', ${column}) = ${column}`,
    values: [workspaceId],
  });
}

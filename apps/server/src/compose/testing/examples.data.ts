import { IDENTIFIER_KINDS, type OperationId } from '@segue/contract';
import type { Example } from './api-world.ts';
import { ALERT_EXAMPLES } from './examples-alerts.data.ts';
import { BASKETS_EXAMPLES } from './examples-baskets.data.ts';
import { PREFERENCES_EXAMPLES } from './examples-preferences.data.ts';
import { COMMERCE_EXAMPLES } from './examples-commerce.data.ts';
import { CONNECTOR_EXAMPLES, connectorOf } from './examples-connectors.data.ts';
import { FEED_EXAMPLES } from './examples-feeds.data.ts';
import { LOYALTY_EXAMPLES } from './examples-loyalty.data.ts';
import { TRANSFER_EXAMPLES } from './examples-transfers.data.ts';
import { PROMOTIONS_EXAMPLES } from './examples-promotions.data.ts';
import { EMAIL, journeyExample, segmentExample, type Shop, templateExample, webhookExample } from './shop.ts';

type Make = (shop: Shop) => Example | Promise<Example>;
const of = (id: string): Example => ({ params: { id } });
const ofProfile: Make = (shop) => of(shop.profileId);
const plain: Make = () => ({});

const ofSource: Make = (shop) => of(shop.sourceId);
const ofWebhook: Make = (shop) => of(shop.webhookId);
const ofMembership = ({ companyId, profileId }: Shop): Example => ({ params: { id: companyId, profileId } });

async function newList(shop: Shop): Promise<Example> {
  return of((await shop.call('createList', { body: { name: shop.word() } })).id);
}

const computedTraitExample = (shop: Shop): Example => ({
  body: {
    name: `orders_${shop.word().replaceAll(/[^a-z0-9]/g, '')}`.slice(0, 60),
    rule: { function: 'count', event: 'Order Completed' },
  },
});

async function newComputedTrait(shop: Shop): Promise<Example> {
  return of((await shop.call('createComputedTrait', computedTraitExample(shop))).id);
}

/** With a file of one row. */
async function newImport(shop: Shop): Promise<Example> {
  const body = { kind: 'profiles', format: 'csv', name: shop.word() };
  const made = of((await shop.call('createImport', { body })).id);
  const file = `email\n${shop.word()}.${EMAIL}\n`;
  await shop.call('uploadImport', { ...made, query: { offset: '0' }, body: file });
  return made;
}
const newExport = (shop: Shop): Promise<{ id: string }> => shop.call('createExport', exportExample());
const exportExample = (): Example => ({ body: { what: 'profiles', format: 'csv' } });
const ofImport: Make = (shop) => of(shop.importId);

async function newWebhook(shop: Shop): Promise<Example> {
  return of((await shop.call('createWebhook', webhookExample())).id);
}

async function newJourney(shop: Shop, ...commands: readonly OperationId[]): Promise<Example> {
  const { id } = await shop.call('createJourney', journeyExample(shop.word(), shop.templateId));
  for (const command of commands) await shop.call(command, of(id));
  return of(id);
}

const newPrivacyRequest: Make = (shop) => ({
  body: { kind: 'restrict', identifier: { kind: 'email', value: `${shop.word()}.${EMAIL}` } },
});
const newShopifyAccount = (shop: Shop): Example => ({
  body: { shopDomain: `${shop.word()}.myshopify.com`, secret: 'shpss_0123456789abcdef' },
});

/** A call of every endpoint that succeeds, once. What it takes away or changes it makes for itself. */
export const EXAMPLES: Readonly<Record<OperationId, Make>> = {
  ...COMMERCE_EXAMPLES,
  ...BASKETS_EXAMPLES,
  ...PREFERENCES_EXAMPLES,
  ...ALERT_EXAMPLES,
  ...CONNECTOR_EXAMPLES,
  replayConnectorDelivery: async (shop) => {
    const id = await connectorOf(shop);
    return { params: { id, delivery: await shop.addSetAside(id) } };
  },
  ...FEED_EXAMPLES,
  ...LOYALTY_EXAMPLES,
  ...TRANSFER_EXAMPLES,
  ...PROMOTIONS_EXAMPLES,
  listProfiles: plain,
  getProfile: ofProfile,
  listProfileTimeline: ofProfile,
  listProfileSegments: ofProfile,
  listProfileRuns: ofProfile,
  listProfileConsents: ofProfile,
  rebuildProfile: async (shop) => of(await shop.addProfile()),
  getProfileIdentity: ofProfile,
  mergeProfiles: async (shop) => ({ ...of(await shop.addProfile()), body: { with: await shop.addProfile() } }),
  giveIdentifier: async (shop) => {
    const whose = of(await shop.addProfile());
    const found = await shop.call<{ identifiers: { kind: string; value: string }[] }>('getProfileIdentity', whose);
    const [first] = found.identifiers;
    return { ...whose, body: { identifier: `${first!.kind}:${first!.value}` } };
  },
  unmergeProfiles: async (shop) => {
    const whole = { ...of(await shop.addProfile()), body: { with: await shop.addProfile() } };
    const { merges } = await shop.call<{ merges: { id: string }[] }>('mergeProfiles', whole);
    return { params: whole.params!, body: { merge: merges[0]!.id } };
  },
  listIdentityConflicts: plain,
  settleIdentityConflict: async (shop) => ({ ...of(await shop.addConflict()), body: { action: 'dismiss' } }),
  listRecentEvents: plain,
  streamEvents: plain,
  listTopics: plain,
  recordConsent: (shop) => ({
    ...of(shop.profileId),
    body: {
      channel: 'email',
      topic: 'marketing',
      status: 'granted',
      source: 'checkout',
      text: 'I agree to the wording',
      url: 'https://shop.example/checkout',
      ip: '203.0.113.7',
    },
  }),
  getPermissions: ofProfile,
  getReachability: ofProfile,
  getAnswers: (shop) => ({ ...of(shop.profileId), query: { product: 'p1', variant: 'red' } }),
  createPreferenceLink: (shop) => ({ ...of(shop.profileId), body: { channel: 'email' } }),
  setRhythm: (shop) => ({ ...of(shop.profileId), body: { frequency: 'less_often', source: 'telephone' } }),
  listConsentWordings: plain,
  writeConsentWording: (shop) => ({ body: { id: shop.word(), language: 'en', text: 'Yes, send me news' } }),
  listSuppressions: plain,
  listProfileConsentSignals: ofProfile,
  getProfileConsentCategories: ofProfile,
  getConsentSettings: plain,
  updateConsentSettings: () => ({
    body: {
      categoryTopics: [{ category: 'Newsletter', channel: 'email', topic: 'marketing' }],
      optWords: [{ action: 'stop', word: 'enough', channel: 'sms', language: null }],
    },
  }),
  importConsents: (shop) => ({
    body: {
      rows: [
        {
          identifier: `${shop.word()}.${EMAIL}`,
          channel: 'email',
          topic: 'marketing',
          status: 'granted',
          occurredAt: '2026-11-01T10:00:00Z',
          text: 'I agree to the wording',
          ip: '203.0.113.7',
        },
      ],
    },
  }),
  createImport: (shop) => ({ body: { kind: 'profiles', format: 'csv', name: shop.word() } }),
  listImports: plain,
  getImport: ofImport,
  uploadImport: async (shop) => {
    const body = { kind: 'profiles', format: 'csv', name: shop.word() };
    const made = of((await shop.call('createImport', { body })).id);
    return { ...made, query: { offset: '0' }, body: `email\n${shop.word()}.${EMAIL}\n` };
  },
  getImportColumns: newImport,
  dryRunImport: newImport,
  startImport: newImport,
  cancelImport: newImport,
  listImportErrors: ofImport,
  getImportErrorsFile: ofImport,
  createExport: exportExample,
  listExports: plain,
  getExport: async (shop) => of((await newExport(shop)).id),
  getExportFile: async (shop) => of((await newExport(shop)).id),
  suppressAddress: (shop) => ({ body: { channel: 'email', address: `${shop.word()}.${EMAIL}` } }),
  liftSuppression: async (shop) => {
    const body = { channel: 'email', address: `${shop.word()}.${EMAIL}` };
    await shop.call('suppressAddress', { body });
    return { body };
  },
  createSegment: (shop) => segmentExample(shop.word()),
  listSegments: plain,
  getSegment: (shop) => of(shop.segmentId),
  listSegmentMembers: (shop) => of(shop.segmentId),
  archiveSegment: async (shop) => of((await shop.call('createSegment', segmentExample(shop.word()))).id),
  updateSegment: async (shop) => ({
    ...of((await shop.call('createSegment', segmentExample(shop.word()))).id),
    body: { name: shop.word(), rule: { event: 'Cart Viewed' } },
  }),
  previewSegment: () => ({ body: { rule: { event: 'Cart Viewed' } } }),
  createList: (shop) => ({ body: { name: shop.word() } }),
  listLists: plain,
  getList: (shop) => of(shop.listId),
  renameList: async (shop) => ({ ...(await newList(shop)), body: { name: shop.word() } }),
  archiveList: newList,
  listListMembers: (shop) => of(shop.listId),
  addListMembers: async (shop) => ({ ...(await newList(shop)), body: { profileIds: [shop.profileId] } }),
  removeListMember: async (shop) => {
    const { params } = await newList(shop);
    await shop.call('addListMembers', { params: params!, body: { profileIds: [shop.profileId] } });
    return { params: { ...params, profileId: shop.profileId } };
  },
  importListMembers: async (shop) => ({ ...(await newList(shop)), body: { rows: [{ identifier: 'userId:ada' }] } }),
  createComputedTrait: computedTraitExample,
  listComputedTraits: plain,
  getComputedTrait: newComputedTrait,
  updateComputedTrait: async (shop) => ({
    ...(await newComputedTrait(shop)),
    body: { rule: { function: 'sum', event: 'Order Completed', property: 'total' } },
  }),
  archiveComputedTrait: newComputedTrait,
  getLifecycle: plain,
  updateLifecycle: () => ({
    body: {
      order: { event: 'Order Completed' },
      atRiskAfter: { days: 60 },
      lapsedAfter: { days: 120 },
      wonBackFor: { days: 30 },
      loyalOrders: 3,
      loyalWithin: { days: 365 },
    },
  }),
  createTemplate: (shop) => templateExample(shop.word()),
  listTemplates: plain,
  getTemplate: (shop) => of(shop.templateId),
  updateTemplate: async (shop) => ({
    ...of((await shop.call('createTemplate', templateExample(shop.word()))).id),
    body: { name: shop.word(), subject: 'Changed', html: '<p>Changed</p>' },
  }),
  previewTemplate: (shop) => ({ ...of(shop.templateId), body: { profileId: shop.profileId } }),
  createJourney: (shop) => journeyExample(shop.word(), shop.templateId),
  listJourneys: plain,
  getJourney: (shop) => of(shop.journeyId),
  updateJourney: async (shop) => ({ ...(await newJourney(shop)), body: { name: shop.word() } }),
  publishJourney: (shop) => newJourney(shop),
  pauseJourney: (shop) => newJourney(shop, 'publishJourney'),
  resumeJourney: (shop) => newJourney(shop, 'publishJourney', 'pauseJourney'),
  archiveJourney: (shop) => newJourney(shop),
  listJourneyRuns: (shop) => of(shop.journeyId),
  listMessages: plain,
  getMessage: (shop) => of(shop.messageId),
  sendMessage: ({ profileId, templateId, word }) => ({
    body: { profileId, templateId, topic: 'marketing', idempotencyKey: word() },
  }),
  sendMessages: ({ profileId, templateId, word }) => ({
    body: { messages: [{ profileId, templateId, topic: 'marketing', idempotencyKey: word() }] },
  }),
  getMessageContent: (shop) => of(shop.messageId),
  explainMessage: ({ profileId, templateId }) => ({ body: { profileId, templateId, topic: 'marketing' } }),
  getSendPolicy: plain,
  updateSendPolicy: () => ({ body: { cap: { limit: 3, windowMs: 3_600_000 } } }),
  getBrand: plain,
  updateBrand: (shop) => ({ body: { name: shop.word(), color: '#1f4d3a' } }),
  getLinkDomain: plain,
  updateLinkDomain: (shop) => ({ body: { host: `${shop.word()}.shop.example` } }),
  createTopic: (shop) => ({ body: { topic: shop.word(), name: 'News', kind: 'marketing' } }),
  updateTopic: async (shop) => {
    const topic = shop.word();
    await shop.call('createTopic', { body: { topic, name: 'News', kind: 'marketing' } });
    return { params: { topic }, body: { name: 'Other news' } };
  },
  previewDraft: () => ({ body: { subject: 'Hello', html: '<p>Hello</p>' } }),
  listCompanies: plain,
  getCompany: (shop) => of(shop.companyId),
  listCompanyMembers: (shop) => of(shop.companyId),
  setCompanyMember: (shop) => ({ ...ofMembership(shop), body: { role: shop.word() } }),
  removeCompanyMember: async (shop) => {
    await shop.call('setCompanyMember', { ...ofMembership(shop), body: { role: shop.word() } });
    return ofMembership(shop);
  },
  listProfileCompanies: ofProfile,
  listProfileSessions: ofProfile,
  getAcquisition: plain,
  listAuditEntries: plain,
  verifyAudit: plain,
  listApiKeys: plain,
  createApiKey: (shop) => ({ body: { name: shop.word(), scopes: ['profiles:read'] } }),
  revokeApiKey: async (shop) =>
    of((await shop.call('createApiKey', { body: { name: shop.word(), scopes: ['profiles:read'] } })).id),
  listMembers: plain,
  updateMember: async (shop) => ({ ...of(await shop.addMember()), body: { role: 'agent' } }),
  removeMember: async (shop) => of(await shop.addMember()),
  listInvites: plain,
  createInvite: (shop) => ({ body: { email: `${shop.word()}@customer.example`, role: 'analyst' } }),
  revokeInvite: async (shop) =>
    of((await shop.call('createInvite', { body: { email: `${shop.word()}@customer.example`, role: 'analyst' } })).id),
  listSources: plain,
  createSource: (shop) => ({ body: { name: shop.word() } }),
  getSource: ofSource,
  updateSource: async (shop) => ({
    ...of((await shop.call('createSource', { body: { name: shop.word() } })).id),
    body: { name: shop.word() },
  }),
  listWriteKeys: ofSource,
  createWriteKey: (shop) => ({ ...of(shop.sourceId), body: { name: shop.word() } }),
  revokeWriteKey: async (shop) => {
    const key = await shop.call('createWriteKey', { ...of(shop.sourceId), body: { name: shop.word() } });
    return { params: { id: shop.sourceId, keyId: key.id } };
  },
  getSourceHealth: ofSource,
  listRejectedEvents: plain,
  countRejectedEvents: plain,
  getRejectedEvent: (shop) => of(shop.rejectedId),
  listObservedEvents: ofSource,
  getObservedSchema: (shop) => ({ ...of(shop.sourceId), query: { type: 'track', name: 'Cart Viewed' } }),
  countSourceEvents: ofSource,
  listDrifts: plain,
  acknowledgeDrift: async (shop) => of(await shop.addDrift()),
  streamLiveEvents: plain,
  sendTestEvent: (shop) => ({ ...of(shop.sourceId), body: { type: 'track', event: 'Tried', userId: 'ada' } }),
  getTestEvent: (shop) => of(shop.testEventId),
  listDeadLetters: plain,
  getDeadLetter: (shop) => of(shop.deadLetterId),
  replayDeadLetter: async (shop) => of(await shop.addDeadLetter()),
  replayDeadLetters: async (shop) => {
    await shop.addDeadLetter();
    return { body: { name: 'Replayed' } };
  },
  discardDeadLetter: async (shop) => of(await shop.addDeadLetter()),
  listTouchpoints: plain,
  getIdentitySettings: plain,
  updateIdentitySettings: () => {
    const kinds = [...IDENTIFIER_KINDS, 'crmId'].map((kind) => ({ kind, limit: kind === 'userId' ? 1 : 20 }));
    return { body: { kinds, blockedValues: ['till-*'], country: 'GB' } };
  },
  createPrivacyRequest: newPrivacyRequest,
  listPrivacyRequests: plain,
  getPrivacyRequest: async (shop) => of(await shop.addPrivacyRequest('erase', 'received')),
  getPrivacyExport: async (shop) => of(await shop.addExport()),
  cancelPrivacyRequest: async (shop) => of(await shop.addPrivacyRequest('erase', 'received')),
  retryPrivacyRequest: async (shop) => of(await shop.addPrivacyRequest('erase', 'failed')),
  approvePrivacyRequest: async (shop) => ({
    ...of(await shop.addPrivacyRequest('erase_shop', 'waiting')),
    headers: shop.owner,
  }),
  getRetention: plain,
  setRetention: () => ({ body: { rules: [{ type: 'page', name: '*', keepDays: 400 }] } }),
  listShopifyAccounts: plain,
  createShopifyAccount: newShopifyAccount,
  deleteShopifyAccount: async (shop) => of((await shop.call('createShopifyAccount', newShopifyAccount(shop))).id),
  getWorkspace: plain,
  updateWorkspace: (shop) => ({ body: { name: shop.word() } }),
  createWorkspace: (shop) => ({ body: { name: shop.word() }, headers: shop.owner }),
  listWebhooks: plain,
  createWebhook: webhookExample,
  getWebhook: ofWebhook,
  updateWebhook: async (shop) => ({ ...(await newWebhook(shop)), body: { description: shop.word() } }),
  deleteWebhook: newWebhook,
  disableWebhook: newWebhook,
  enableWebhook: async (shop) => {
    const webhook = await newWebhook(shop);
    await shop.call('disableWebhook', webhook);
    return webhook;
  },
  rotateWebhookSecret: newWebhook,
  testWebhook: ofWebhook,
  listWebhookDeliveries: ofWebhook,
  getWebhookDelivery: ({ webhookId, deliveryId }) => ({ params: { id: webhookId, delivery: deliveryId } }),
  replayWebhookDelivery: async ({ webhookId, addDelivery }) => ({
    params: { id: webhookId, delivery: await addDelivery(webhookId) },
  }),
  replayWebhookDeliveries: async (shop) => {
    await shop.addDelivery(shop.webhookId);
    return { ...of(shop.webhookId), body: { since: '2026-11-22T00:00:00Z' } };
  },
};

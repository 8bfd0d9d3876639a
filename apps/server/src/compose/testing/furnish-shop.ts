import { type RequestWork, runPrivacyRequests } from '../../modules/privacy/index.ts';
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { addMember, signInAs } from '../../modules/accounts/testing/sign-in-as.ts';
import { runObserver } from '../../modules/events/index.ts';
import { encodeEvent } from '../../platform/eventlog/index.ts';
import { newUuid, publicId } from '../../platform/ids/index.ts';
import { type ApiWorld, type Example, type Keys, NOW } from './api-world.ts';
import { addSetAside } from './grow-connectors.ts';
import {
  type Caller,
  EMAIL,
  journeyExample,
  segmentExample,
  type Shop,
  templateExample,
  webhookExample,
} from './shop.ts';

interface Id {
  readonly id: string;
}
interface List {
  readonly items: readonly Id[];
}

/** Gives a workspace one of everything the API can show. */
export async function furnishShop(world: ApiWorld, keys: Keys): Promise<Shop> {
  const caller = await createCaller(world, keys);
  await sendEvents(world, keys.writeKey);
  await world.settle();
  const first = async (list: () => Promise<List>): Promise<string> => (await list()).items[0]!.id;
  const sourceId = await first(() => caller.call<List>('listSources'));
  await observe(world, () => caller.call<{ items: object[] }>('listObservedEvents', { params: { id: sourceId } }));
  const profileId = await first(() => caller.call('listProfiles', { query: { identifier: `email:${EMAIL}` } }));
  const templateId = (await caller.call('createTemplate', templateExample('secret template'))).id;
  const message = { profileId, templateId, topic: 'marketing' };
  const webhookId = (await caller.call('createWebhook', webhookExample())).id;
  await caller.call('suppressAddress', { body: { channel: 'email', address: `lost.${EMAIL}` } });
  const test = { params: { id: sourceId }, body: { type: 'track', event: 'Tried', userId: 'ada' } };
  return {
    ...caller,
    profileId,
    sourceId,
    templateId,
    webhookId,
    companyId: await first(() => caller.call('listCompanies')),
    segmentId: (await caller.call('createSegment', segmentExample('secret segment'))).id,
    listId: (await caller.call('createList', { body: { name: 'secret list' } })).id,
    journeyId: (await caller.call('createJourney', journeyExample('secret journey', templateId))).id,
    messageId: (await caller.call('sendMessage', { body: message })).id,
    rejectedId: (await untilListed(() => caller.call<List>('listRejectedEvents')))[0]!.id,
    testEventId: (await caller.call('sendTestEvent', test)).id,
    deadLetterId: await caller.addDeadLetter(),
    driftId: await caller.addDrift(),
    deliveryId: await caller.addDelivery(webhookId),
    importId: (await caller.call('createImport', { body: { kind: 'profiles', format: 'csv', name: 'secret file' } }))
      .id,
  };
}

/** What an export is made of here. */
const exportsOnly: RequestWork = {
  rebuild: () => Promise.resolve(),
  listKnownOnlyFrom: () => Promise.resolve([]),
  exporting: {
    async *export(_ctx, profileId) {
      yield { profileId };
    },
  },
};

async function createCaller(world: ApiWorld, keys: Keys): Promise<Caller> {
  let words = 0;
  const prefix = randomBytes(3).toString('hex');
  const word = () => `w${prefix}${++words}`;
  const { workspaceId } = keys;
  const insert = (text: string, values: readonly unknown[]) =>
    world.services.postgres.query({ text, values: [workspaceId, ...values] });
  const { cookie, origin } = await signInAs(world, workspaceId, 'owner');
  return {
    ...keys,
    word,
    owner: { cookie, origin },
    async call<T = Id>(id: Parameters<ApiWorld['ask']>[0], example?: Example): Promise<T> {
      const answer = await world.ask(id, keys.apiKey, example, { 'idempotency-key': `furnish-${word()}` });
      if (answer.status >= 300) {
        throw new Error(`${id} was answered ${answer.status} ${answer.text} ${world.faults.join(' ')}`);
      }
      return (answer.text === '' ? undefined : answer.json()) as T;
    },
    addMember: async () => (await addMember(world.services, workspaceId, { role: 'analyst' })).memberId,
    async addDeadLetter() {
      const id = newUuid(NOW);
      await insert(
        `insert into log_dead_letter (reader, log, lane, seq, workspace_id, line, error, failed_at, id, type, name)
         values ('processor', 0, 0, $2, $1, $3, 'it could not be processed', $4, $5, 'track', 'Replayed')`,
        [-parseInt(id.slice(-8), 16) - 1, replayable(workspaceId, id), new Date(NOW), id],
      );
      return publicId('ddl', id);
    },
    async addPrivacyRequest(kind, state) {
      const id = newUuid(NOW);
      await insert(
        `insert into privacy_request (workspace_id, id, kind, regulation, state, origin, suppress, created_at, due_at, next_at)
         values ($1, $2, $3, 'gdpr', $4, 'api', false, $5, $5, $5)`,
        [id, kind, state, new Date(NOW)],
      );
      return publicId('prq', id);
    },
    async addExport() {
      const body = { kind: 'export', identifier: { kind: 'userId', value: 'ada' } };
      const { id } = (await world.ask('createPrivacyRequest', keys.apiKey, { body })).json<Id>();
      await runPrivacyRequests(world.services, exportsOnly);
      return id;
    },
    async addDrift() {
      const id = newUuid(NOW);
      await insert(
        `insert into event_drift (workspace_id, id, source, type, name, kind, path, json_type, noticed_at)
         values ($1, $2, (select number from source where workspace_id = $1 limit 1), 'track', 'Cart Viewed', 'new_field', $3, 'string', $4)`,
        [id, `properties.${word()}`, new Date(NOW)],
      );
      return publicId('drf', id);
    },
    async addProfile() {
      const anonymousId = word();
      const batch = [{ type: 'track', event: 'Looked', anonymousId, messageId: word() }];
      await world.app.inject({ method: 'POST', url: '/v1/batch', payload: { writeKey: keys.writeKey, batch } });
      await world.settle();
      const query = { identifier: `anonymousId:${anonymousId}` };
      return (await world.ask('listProfiles', keys.apiKey, { query })).json<List>().items[0]!.id;
    },
    async addConflict() {
      const id = newUuid(NOW);
      await insert(
        `insert into identity_conflict (workspace_id, id, profile_id, node, cause_message_id, found_at)
         select $1, $2, p.id, n.id, 'm1', $3 from profile p cross join identity_node n
         where p.workspace_id = $1 and n.workspace_id = $1
           and not exists (select from identity_conflict c where c.workspace_id = $1 and c.profile_id = p.id and c.node = n.id)
         limit 1`,
        [id, new Date(NOW - Math.floor(Math.random() * 1_000) * 60_000)],
      );
      return publicId('cfl', id);
    },
    addSetAside: (connectorId) => addSetAside(world, keys.workspaceId, connectorId),
    async addDelivery(webhookId) {
      const id = newUuid(NOW);
      await insert(
        `insert into webhook_delivery (workspace_id, endpoint_id, id, type, event_name, body, status, created_at, ended_at)
         values ($1, $2, $3, 'track', 'Cart Viewed', '{"type":"track.Cart Viewed","data":{}}', 'failed', $4, $4)`,
        [webhookId.slice('whk_'.length), id, new Date(NOW)],
      );
      return publicId('dlv', id);
    },
  };
}

function replayable(workspaceId: number, id: string): string {
  return encodeEvent({
    workspaceId,
    id,
    type: 'track',
    name: 'Replayed',
    occurredAt: NOW,
    receivedAt: NOW,
    nodes: [],
    sealed: '',
    payload: { properties: {} },
  });
}

async function sendEvents(world: ApiWorld, writeKey: string): Promise<void> {
  const traits = { email: EMAIL, last_name: 'Lovelace', plan: 'gold-plan' };
  const batch = [
    { type: 'identify', userId: 'ada', messageId: 'm1', traits },
    { type: 'track', event: 'Cart Viewed', userId: 'ada', messageId: 'm2', properties: { secret_cart: 1 } },
    { type: 'group', userId: 'ada', groupId: 'secret-acme', messageId: 'm3', traits: { name: 'secret Acme' } },
    { type: 'track', userId: 'ada', messageId: 'm4' },
  ];
  const response = await world.app.inject({ method: 'POST', url: '/v1/batch', payload: { writeKey, batch } });
  if (response.statusCode !== 200) throw new Error(`not taken: ${response.body}`);
}

/** Lets the observer look, until it has written down what it saw. */
async function observe(world: ApiWorld, list: () => Promise<{ items: readonly object[] }>): Promise<void> {
  const abort = new AbortController();
  const running = runObserver(world.services, { processId: randomBytes(6).toString('hex'), signal: abort.signal });
  await untilListed(list);
  abort.abort();
  await running;
}

async function untilListed<T>(list: () => Promise<{ items: readonly T[] }>): Promise<readonly T[]> {
  const givenUpAt = performance.now() + 20_000;
  while (performance.now() < givenUpAt) {
    const { items } = await list();
    if (items.length > 0) return items;
    await pause(20);
  }
  throw new Error('what was waited for is not listed in time');
}

import type { Message } from '@segue/contract';
import { propertyRuns } from '@segue/testkit/property-runs';
import fc from 'fast-check';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { publicId } from '../../platform/ids/index.ts';
import { createTestDatabase } from '../../testkit/index.ts';
import type { Channel, DeliveryOutcome } from './channels/channel.ts';
import { runDueMessages } from './run-due-messages.ts';
import { openWorld, type World, worldMigrations } from './testing/world.ts';

const MINUTE_MS = 60_000;
const CAP = { limit: 2, windowMs: 60 * MINUTE_MS };
/** How far the clock is moved between a decision and its delivery, at most. */
const DRIFT_MS = 2 * MINUTE_MS;
const PROFILES = 3;
/** Each message sent is an event its profile's next message waits for. */
const ROUNDS = 3;
const who = fc.nat(PROFILES - 1);
const outcome = fc.constantFrom<DeliveryOutcome>(
  { kind: 'accepted', reason: '250' },
  { kind: 'accepted', reason: '250' },
  { kind: 'deferred', reason: '450' },
  { kind: 'unknown', reason: 'ECONNECTION' },
  { kind: 'rejected', by: 'content', reason: '554' },
);

const move = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('queue' as const),
      who,
      topic: fc.constantFrom('marketing', 'transactional'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('consent' as const),
      who,
      status: fc.constantFrom('granted', 'granted', 'denied'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('suppress' as const), who }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait' as const), minutes: fc.integer({ min: 1, max: 25 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('process' as const) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('send' as const),
      outcomes: fc.array(outcome, { minLength: 3, maxLength: 6 }),
      isRushed: fc.boolean(),
    }),
  },
);

/** What a naive reader of the rules remembers of one customer. */
interface Customer {
  readonly profileId: string;
  readonly address: string;
  mayMarket: boolean;
  suppressed: boolean;
  /** Marketing messages that reached her, or may have. */
  readonly marketedAt: number[];
}

/** What was handed over, with what became of it. */
interface Handed {
  readonly id: string;
  readonly address: string;
  readonly at: number;
  readonly outcome: DeliveryOutcome;
}

class Play {
  readonly customers: Customer[] = [];
  readonly topics = new Map<string, string>();
  readonly handed: Handed[] = [];
  readonly #worlds: World[];
  #templateId = '';
  outcomes: DeliveryOutcome[] = [];

  constructor(worlds: World[]) {
    this.#worlds = worlds;
  }

  get first(): World {
    return this.#worlds[0]!;
  }

  async begin(): Promise<void> {
    const { json } = await this.first.call('POST', '/api/v1/templates', {
      name: 'T',
      channel: 'email',
      subject: 'S',
      html: '<p>H</p>',
    });
    this.#templateId = (json as { id: string }).id;
    await this.first.call('PUT', '/api/v1/send-policy', { cap: CAP });
    for (let i = 0; i < PROFILES; i++) {
      const address = `ada${i}@example.com`;
      const profileId = await this.first.addProfile(address);
      const customer = { profileId, address, mayMarket: false, suppressed: false, marketedAt: [] };
      this.customers.push(customer);
      await this.consent(customer, 'granted');
    }
  }

  async queue(customer: Customer, topic: string): Promise<void> {
    const body = {
      profileId: publicId('prf', customer.profileId),
      templateId: this.#templateId,
      topic,
      idempotencyKey: `k${this.topics.size}`,
    };
    const message = (await this.first.call('POST', '/api/v1/messages', body)).json as Message;
    this.topics.set(message.id, topic);
  }

  async consent(customer: Customer, status: string): Promise<void> {
    this.first.clock.advance(1);
    const body = { channel: 'email', topic: 'marketing', status, source: 'checkout' };
    await this.first.call('POST', `/api/v1/profiles/${publicId('prf', customer.profileId)}/consents`, body);
    customer.mayMarket = status === 'granted';
  }

  async suppress(customer: Customer): Promise<void> {
    await this.first.call('POST', '/api/v1/suppressions', { channel: 'email', address: customer.address });
    customer.suppressed = true;
  }

  /** Every sender at once, a message at a time, so that they meet; then the oracle looks at what was handed over. */
  async send(outcomes: readonly DeliveryOutcome[], isRushed: boolean): Promise<void> {
    this.outcomes = [...outcomes];
    const before = this.handed.length;
    for (let round = 0; round < ROUNDS; round++) {
      const rounds = this.#worlds.map((world) => drain(world));
      // Claims run out while they are used: two senders hold the same message.
      if (isRushed) for (let i = 0; i < 10; i++) await pause(2).then(() => this.first.clock.advance(6_000));
      await Promise.all(rounds);
      await this.first.process();
      this.first.clock.advance(60);
    }
    for (const handed of this.handed.slice(before)) this.#judge(handed);
  }

  #judge({ id, address, at, outcome: became }: Handed): void {
    const customer = this.customers.find((one) => one.address === address)!;
    const sentBefore = this.handed.filter(
      (one) => one.id === id && (one.outcome.kind === 'accepted' || one.outcome.kind === 'unknown'),
    );
    expect(sentBefore.length, 'a message reaches the provider once').toBeLessThanOrEqual(1);
    expect(customer.suppressed, 'a suppressed address gets nothing').toBe(false);
    if (this.topics.get(publicId('msg', id)) !== 'marketing') return;
    expect(customer.mayMarket, 'no marketing without permission').toBe(true);
    if (became.kind === 'accepted' || became.kind === 'unknown') customer.marketedAt.push(at);
    const inWindow = customer.marketedAt.filter((other) => other > at - CAP.windowMs + DRIFT_MS);
    expect(inWindow.length, 'no window holds more than the cap').toBeLessThanOrEqual(CAP.limit);
  }
}

async function drain(world: World): Promise<void> {
  while ((await runDueMessages(world.services, world.deps, 1)) > 0);
}

async function play(moves: readonly (typeof move extends fc.Arbitrary<infer M> ? M : never)[]): Promise<void> {
  const database = await createTestDatabase(worldMigrations, { maxConnections: 1 });
  const worlds: World[] = [];
  const stage = new Play(worlds);
  const around = (): Channel => ({
    name: 'email',
    addressKind: 'email',
    concurrencyMax: 2,
    async deliver({ id, address }) {
      const became = stage.outcomes.shift() ?? { kind: 'accepted', reason: '250' };
      stage.handed.push({ id, address, at: stage.first.clock.now(), outcome: became });
      return became;
    },
    close: async () => undefined,
  });
  for (let i = 0; i < 3; i++) {
    const shared = worlds[0] === undefined ? {} : { clock: worlds[0].clock };
    worlds.push(await openWorld({ databaseUrl: database.url, smtpUrl: 'smtp://127.0.0.1:9', around, ...shared }));
  }
  try {
    await stage.begin();
    for (const one of moves) {
      if (one.kind === 'queue') await stage.queue(stage.customers[one.who]!, one.topic);
      else if (one.kind === 'consent') await stage.consent(stage.customers[one.who]!, one.status);
      else if (one.kind === 'suppress') await stage.suppress(stage.customers[one.who]!);
      else if (one.kind === 'wait') stage.first.clock.advance(one.minutes * MINUTE_MS);
      else if (one.kind === 'process') await stage.first.process();
      else await stage.send(one.outcomes, one.isRushed);
    }
  } finally {
    for (const world of worlds) await world.close();
    await database.drop();
  }
}

describe('sending by several processes', () => {
  it('holds permission, suppression, cap and once-only, whatever happens in whatever order', async () => {
    await fc.assert(fc.asyncProperty(fc.array(move, { minLength: 20, maxLength: 60 }), play), {
      numRuns: propertyRuns(10),
    });
  }, 120_000);
});

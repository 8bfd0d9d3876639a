import fc from 'fast-check';
import { propertyRuns } from '@segue/testkit/property-runs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { arbitraryItem } from '../testing/arbitrary-event.ts';
import { createEngines, type Engines, openWorld, trackEvent, type World, WRITE_KEY } from '../testing/world.ts';
import { loggedEvents } from '../testing/logged-events.ts';

let engines: Engines;
let world: World;
beforeAll(async () => {
  engines = await createEngines();
  world = await openWorld(engines);
  world.work();
});
afterAll(async () => {
  await world.close();
  await engines.drop();
});

const authorization = `Basic ${Buffer.from(`${WRITE_KEY}:`).toString('base64')}`;
const post = (path: string, body: string | Buffer) => world.post(path, body, { authorization });

/** What was accepted stands in the log and in the history, once; no stage fell over it; no object learnt anything new. */
async function expectNothingLost(acceptedInAll: number): Promise<void> {
  await world.settle();
  expect(await loggedEvents(world)).toHaveLength(acceptedInAll);
  expect(await world.count(`event where log = 0`)).toBe(acceptedInAll);
  expect(await world.count(`(select distinct lane, seq from event where log = 0)`)).toBe(acceptedInAll);
  const { rows } = await world.services.postgres.query({ text: 'select event.error, line from log_dead_letter event' });
  expect(rows).toEqual([]);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
}

let accepted = 0;

describe('whatever is sent', () => {
  const prototypeBefore = Reflect.ownKeys(Object.prototype).join();

  it('every item of a batch is taken or named as bad, and every one taken arrives in the log and the history', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(arbitraryItem(), { maxLength: 12 }), async (batch) => {
        const text = `{"batch":[${batch.join(',')}]}`;
        const answer = await post('/v1/batch', text);
        expect(answer.status, JSON.stringify(answer.body)).toBe(Buffer.byteLength(text) > 512_000 ? 400 : 200);
        if (answer.status === 400) return;
        const errors = answer.body['errors'] as { index: number; field: string; message: string }[];
        expect((answer.body['accepted'] as number) + errors.length).toBe(batch.length);
        for (const error of errors)
          expect(error.field.startsWith(`batch[${error.index}]`) && error.message !== '').toBe(true);
        accepted += answer.body['accepted'] as number;
      }),
      { numRuns: propertyRuns(150) },
    );
    expect(accepted).toBeGreaterThan(200);
    await expectNothingLost(accepted);
  }, 300_000);

  it('one event on a path of its own is taken or named as bad in the same way', async () => {
    await fc.assert(
      fc.asyncProperty(
        arbitraryItem(),
        fc.constantFrom('track', 'identify', 'page', 'screen', 'group', 'alias', 't'),
        async (item, path) => {
          const answer = await post(`/v1/${path}`, item);
          const taken = answer.status === 200 ? (answer.body['accepted'] as number) : 0;
          const errors = (answer.body['errors'] as unknown[]).length;
          expect([200, 400]).toContain(answer.status);
          expect(taken + errors).toBe(1);
          accepted += taken;
        },
      ),
      { numRuns: propertyRuns(150) },
    );
    await expectNothingLost(accepted);
  }, 300_000);

  it('a body with any bytes changed, cut or doubled is taken or is 400, never a fault of ours', async () => {
    const change = fc.record({ at: fc.nat(2_000), bytes: fc.uint8Array({ maxLength: 4 }), dropped: fc.nat(30) });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), fc.nat(2_000), async (changes, end) => {
        let body = Buffer.from(
          JSON.stringify({ batch: [trackEvent({ properties: { a: [1, 'é'] } }), trackEvent()], sentAt: '2026-11-22' }),
        );
        for (const { at, bytes, dropped } of changes)
          body = Buffer.concat([body.subarray(0, at), bytes, body.subarray(at + dropped)]);
        const answer = await post('/v1/batch', body.subarray(0, end));
        expect([200, 400]).toContain(answer.status);
        accepted += answer.status === 200 ? (answer.body['accepted'] as number) : 0;
      }),
      { numRuns: propertyRuns(200) },
    );
    await expectNothingLost(accepted);
  }, 300_000);

  it('fields given twice count as the last says, and the rest of the batch is unharmed', async () => {
    const twice = '{"type":"track","type":"page","userId":"a","userId":"fuzz-1","messageId":"twice","name":"Last"}';
    expect(
      (await post('/v1/batch', `{"batch":[],"batch":[${twice},${JSON.stringify(trackEvent())}]}`)).body,
    ).toMatchObject({ accepted: 2 });
    accepted += 2;
    expect((await loggedEvents(world)).find(({ id }) => id === 'twice')).toMatchObject({ type: 'page', name: 'Last' });
  });

  it('ids that differ only in broken characters never stop a batch', async () => {
    const batch = ['\ud800', '\ud801', '\udfff', 'a\0', 'a\ufffd'].map((userId) => trackEvent({ userId }));
    const answer = await post('/v1/batch', JSON.stringify({ batch: [...batch, trackEvent()] }));
    expect([answer.status, answer.body['accepted']]).toEqual([200, 2]);
    accepted += 2;
    await expectNothingLost(accepted);
  });

  it('what was taken can be looked at: the feed and the timelines of its profiles', async () => {
    expect((await world.get('/api/v1/events/recent?limit=500')).status).toBe(200);
    const { body } = await world.get('/api/v1/profiles?limit=500');
    for (const { id } of body['items'] as { id: string }[]) {
      expect((await world.get(`/api/v1/profiles/${id}/timeline?limit=500`)).status).toBe(200);
    }
    expect(Reflect.ownKeys(Object.prototype).join()).toBe(prototypeBefore);
  });
});

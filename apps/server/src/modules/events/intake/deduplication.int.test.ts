import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runRetention } from '../../../platform/eventlog/index.ts';
import { createTestClock } from '../../../testkit/index.ts';
import { loggedEvents } from '../testing/logged-events.ts';
import { createEngines, type Engines, NOW, openWorld, trackEvent, type World, WRITE_KEY } from '../testing/world.ts';

const DAY_MS = 86_400_000;
const clock = createTestClock(NOW);
let engines: Engines;
let world: World;
beforeAll(async () => {
  engines = await createEngines();
  world = await openWorld(engines, { clock });
});
afterAll(async () => {
  await world.close();
  await engines.drop();
});

const timesLogged = async (messageId: unknown) =>
  (await loggedEvents(world)).filter(({ id }) => id === messageId).length;

describe('one message id is one event', () => {
  it('twice in a batch, twice in a request each, and from two senders at once', async () => {
    const event = trackEvent();
    await world.send([event, event]);
    await world.send([event]);
    await Promise.all(Array.from({ length: 20 }, () => world.send([event])));
    expect(await timesLogged(event['messageId'])).toBe(1);
  });

  it('at the same instant in two processes, in any order, without a lock-up', async () => {
    const other = await openWorld(engines, { clock });
    const events = Array.from({ length: 200 }, () => trackEvent());
    await Promise.all(
      Array.from({ length: 12 }, (_, n) =>
        (n % 2 === 0 ? world : other).send(n % 3 === 0 ? events : [...events].reverse()),
      ),
    );
    await other.close();
    const logged = (await loggedEvents(world)).map(({ id }) => id);
    for (const { messageId } of events) expect(logged.filter((id) => id === messageId)).toHaveLength(1);
  });

  it('after a restart, a week later, and while retention is at work; each retry is still answered 200', async () => {
    const event = trackEvent();
    await world.send([event]);
    for (let day = 1; day <= 7; day++) {
      clock.advance(DAY_MS);
      await runRetention(world.services);
      const restarted = await openWorld(engines, { clock });
      expect((await restarted.post('/v1/batch', { writeKey: WRITE_KEY, batch: [event] })).body).toMatchObject({
        success: true,
      });
      await restarted.close();
    }
    expect(await timesLogged(event['messageId'])).toBe(1);
  });

  it('but not for ever: what is older than retention keeps is forgotten', async () => {
    const event = trackEvent();
    await world.send([event]);
    clock.advance(10 * DAY_MS);
    while ((await runRetention(world.services)) > 0);
    await world.send([event]);
    expect(await timesLogged(event['messageId'])).toBe(2);
  });

  it('an event without a message id is an event of its own each time', async () => {
    const before = (await loggedEvents(world)).length;
    const event = { type: 'track', event: 'e', userId: 'ada' };
    await world.send([event, event]);
    await world.send([{ ...event, messageId: null }]);
    expect((await loggedEvents(world)).length - before).toBe(3);
  });
});

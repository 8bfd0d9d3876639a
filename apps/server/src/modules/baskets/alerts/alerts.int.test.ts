import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inTransaction } from '../../../platform/eventlog/index.ts';
import { publicId } from '../../../platform/ids/index.ts';
import { undoNewestMerge } from '../../../testkit/index.ts';
import { alertTruths } from './alert-truths.ts';
import { alertsPersonalData } from './personal-data.ts';
import { MINUTE_MS } from './settings.ts';
import { AlertWorld } from './testing/alert-world.ts';

let shop: AlertWorld;
beforeAll(async () => {
  shop = await AlertWorld.open();
});
afterAll(() => shop.close());

const truths = (asked: Parameters<typeof alertTruths>[2]['asked']) =>
  alertTruths(shop.services.postgres, shop.ctx.workspaceId, { asked, nowMs: shop.clock.now() });

describe('over HTTP', () => {
  it('a customer waits for what is sold out, once; what is there is not waited for', async () => {
    const goods = await shop.goods();
    const { identifier } = await shop.customer();
    const made = await shop.ask(goods.variantId, { type: 'restock', identifier });
    expect(made).toMatchObject({ status: 201, body: { isNew: true, alert: { state: 'active', seenPrice: null } } });
    const again = await shop.ask(goods.variantId, { type: 'restock', identifier });
    expect(again.body).toMatchObject({ isNew: false, alert: { id: (made.body['alert'] as { id: string }).id } });
    await shop.move(goods, 1);
    const { identifier: other } = await shop.customer();
    const late = await shop.ask(goods.variantId, { type: 'restock', identifier: other });
    expect(late.status).toBe(409);
    const many = await shop.ask(goods.variantId, { type: 'restock', identifier: other, threshold: { pieces: 3 } });
    expect(many.body).toMatchObject({ alert: { threshold: { pieces: 3 } } });
    await shop.hear();
    const { body } = await shop.call('GET', `alerts?variantId=${publicId('var', goods.variantId)}`);
    expect(new Set((body['items'] as { state: string }[]).map(({ state }) => state))).toEqual(
      new Set(['active', 'sent']),
    );
    await shop.move(goods, 2);
    await shop.hear();
    expect(await shop.states(goods.variantId)).toEqual({ sent: 2 });
  });

  it('what cannot be said is refused by its field', async () => {
    const goods = await shop.goods();
    const { identifier } = await shop.customer();
    const usual = { type: 'restock', identifier };
    for (const [fields, field] of [
      [{ identifier: 'userId:nobody-knows' }, 'identifier'],
      [{ variantId: 'var_0' }, 'variantId'],
      [{ locationId: publicId('loc', goods.variantId) }, 'locationId'],
      [{ type: 'price_drop', locationId: publicId('loc', goods.locationId) }, 'locationId'],
      [{ type: 'low_stock', threshold: { pieces: 2 } }, 'threshold'],
      [{ type: 'price_drop', threshold: { amount: { amountMinor: 5, currency: 'USD' } } }, 'threshold.amount.currency'],
      [{ expiresAt: '2020-01-01T00:00:00.000Z' }, 'expiresAt'],
    ] as const) {
      const { status, body } = await shop.ask(goods.variantId, { ...usual, ...fields });
      expect([status, body['errors']], JSON.stringify(fields)).toMatchObject([400, [{ field }]]);
    }
  });

  it('an alert can be read, cancelled, and asked for anew', async () => {
    const goods = await shop.goods();
    const { identifier } = await shop.customer();
    const { body } = await shop.ask(goods.variantId, { type: 'restock', identifier });
    const { id } = body['alert'] as { id: string };
    expect((await shop.call('DELETE', `alerts/${id}`)).status).toBe(204);
    expect((await shop.call('DELETE', `alerts/${id}`)).status).toBe(204);
    expect((await shop.call('GET', `alerts/${id}`)).body).toMatchObject({ state: 'cancelled' });
    expect((await shop.call('GET', `alerts/${publicId('alt', goods.variantId)}`)).status).toBe(404);
    await shop.move(goods, 1);
    await shop.hear();
    expect(await shop.tellings(goods.variantId)).toEqual([]);
    await shop.move(goods, -1);
    await shop.hear();
    expect((await shop.ask(goods.variantId, { type: 'restock', identifier })).body).toMatchObject({ isNew: true });
  });

  it('settings change one by one, and waves follow them', async () => {
    const changed = await shop.call('PATCH', 'alerts/settings', { waveFactor: 1, waveDelayMinutes: 10 });
    expect(changed.body).toEqual({
      waveFactor: 1,
      waveDelayMinutes: 10,
      settleMinutes: 0,
      lowStock: 3,
      attributionDays: 7,
    });
    const goods = await shop.goods();
    await shop.waitFor(goods, await shop.customers(5));
    await shop.move(goods, 2);
    await shop.hear();
    expect(await shop.states(goods.variantId)).toEqual({ active: 3, sent: 2 });
    shop.clock.advance(10 * MINUTE_MS);
    await shop.waves();
    expect(await shop.states(goods.variantId)).toEqual({ active: 1, sent: 4 });
    await shop.call('PATCH', 'alerts/settings', { waveFactor: 1.5, waveDelayMinutes: 60 });
  });

  it('what came back while the alert was being made is told a minute later', async () => {
    const goods = await shop.goods();
    const { identifier } = await shop.customer();
    // Sold and back between two rounds of news: nothing to tell, as far as stock is concerned.
    await shop.move(goods, 1);
    await shop.hear();
    await shop.move(goods, -1);
    await shop.ask(goods.variantId, { type: 'restock', identifier });
    await shop.move(goods, 1);
    await shop.hear();
    expect(await shop.states(goods.variantId)).toEqual({ active: 1 });
    shop.clock.advance(MINUTE_MS);
    await shop.hear();
    expect(await shop.states(goods.variantId)).toEqual({ sent: 1 });
  });
});

describe('a price drop', () => {
  it('is told against the price she saw, each time it falls below what she knows, and never when it rises', async () => {
    const goods = await shop.goods();
    await shop.move(goods, 10);
    await shop.hear();
    const { identifier, profileId } = await shop.customer();
    const made = await shop.ask(goods.variantId, { type: 'price_drop', identifier });
    expect(made.body).toMatchObject({ alert: { seenPrice: { amountMinor: 2_000, currency: 'EUR' } } });
    const toldAfter = async (amountMinor: number) => {
      shop.clock.advance(1_000);
      await shop.price(goods.ref, amountMinor);
      await shop.hear();
      return (await shop.tellings(goods.variantId)).length;
    };
    const counts: number[] = [];
    for (const price of [2_500, 2_000, 1_800, 1_900, 1_800, 1_500]) counts.push(await toldAfter(price));
    expect(counts).toEqual([0, 0, 1, 1, 1, 2]);
    expect(await shop.heard('price_drop', goods.variantId)).toMatchObject([
      { profileId, price: 18, price_before: 20, discount: 2, currency: 'EUR', name: `Tee ${goods.ref}` },
      { profileId, price: 15, price_before: 18, discount: 3 },
    ]);
    const asked = [{ id: 'm', profileId, variantId: goods.variantId, type: 'price_drop' as const }];
    expect(await truths(asked)).toEqual(new Map());
    await toldAfter(1_600);
    expect(await truths(asked)).toEqual(new Map([['m', 'It costs more again']]));
  });

  it('counts only as much as she asked for, and only while it can be bought', async () => {
    const goods = await shop.goods();
    const [a, b] = [await shop.customer(), await shop.customer()];
    const ten = { percent: 10 };
    await shop.ask(goods.variantId, { type: 'price_drop', identifier: a.identifier, threshold: ten });
    const seenPrice = { amountMinor: 1_850, currency: 'EUR' };
    await shop.ask(goods.variantId, { type: 'price_drop', identifier: b.identifier, seenPrice });
    shop.clock.advance(1_000);
    await shop.price(goods.ref, 1_801);
    await shop.hear();
    expect(await shop.tellings(goods.variantId)).toEqual([]);
    await shop.move(goods, 1);
    await shop.hear();
    expect((await shop.tellings(goods.variantId)).map(({ profileId }) => profileId)).toEqual([b.profileId]);
    shop.clock.advance(1_000);
    await shop.price(goods.ref, 1_800);
    await shop.hear();
    expect(await shop.tellings(goods.variantId)).toHaveLength(3);
  });
});

describe('low stock', () => {
  it('is told once to who has it in her cart or asked, when it comes down, and not again while it wavers', async () => {
    const goods = await shop.goods();
    const [asked, holding] = [await shop.customer(), await shop.customer()];
    await shop.move(goods, 10);
    await shop.hear();
    await shop.ask(goods.variantId, { type: 'low_stock', identifier: asked.identifier });
    const cartOf = async ({ profileId }: { profileId: string }) => {
      const opened = await shop.call('POST', 'baskets', {
        ...{ kind: 'cart', profileId: publicId('prf', profileId), channel: 'web' },
      });
      return `baskets/${(opened.body as { basket: { id: string } }).basket.id}/lines`;
    };
    const setLines = async (path: string, quantity: number) =>
      shop.call('POST', path, { lines: [{ variantId: publicId('var', goods.variantId), quantity }] });
    const [own, theirs] = [await cartOf(asked), await cartOf(holding)];
    for (const path of [own, theirs]) await setLines(path, 1);
    const counts: number[] = [];
    for (const delta of [-7, 1, -1, -1, 4, -3, -1]) {
      await shop.move(goods, delta);
      await shop.hear();
      counts.push((await shop.tellings(goods.variantId)).length);
    }
    // 3 is low; 4, 3, 2 waver; 6 is plenty; 3 is low once more, 2 is not news.
    expect(counts).toEqual([2, 2, 2, 2, 2, 4, 4]);
    const message = [{ id: 'm', profileId: holding.profileId, variantId: goods.variantId, type: 'low_stock' as const }];
    expect(await truths(message)).toEqual(new Map());
    await setLines(theirs, 0);
    expect(await truths(message)).toEqual(new Map([['m', 'It is not in her cart any more']]));
    await setLines(theirs, 1);
    await shop.move(goods, -2);
    expect(await truths(message)).toEqual(new Map([['m', 'It is sold out']]));
  });
});

describe('a pre-order', () => {
  it('whose date changes is told to who asked and who ordered, each date once, and not to who cancelled', async () => {
    const goods = await shop.goods();
    const [asked, ordered] = [await shop.customer(), await shop.customer()];
    const variantId = publicId('var', goods.variantId);
    const incoming = { variantId, locationId: publicId('loc', goods.locationId), quantity: 5 };
    const first = await shop.call('POST', 'inventory/incoming', { ...incoming, dueAt: '2026-12-01T00:00:00.000Z' });
    const made = await shop.ask(goods.variantId, { type: 'preorder', identifier: asked.identifier });
    expect(made.body).toMatchObject({ alert: { dueAt: '2026-12-01T00:00:00.000Z' } });
    const placed = await shop.call('POST', 'orders', {
      ...{ reference: shop.word(), channel: 'web', currency: 'EUR', profileId: publicId('prf', ordered.profileId) },
      ...{ lines: [{ variantId, quantity: 2 }], isPreorder: true },
    });
    expect(placed.body).toMatchObject({ order: { isPreorder: true, promisedAt: '2026-12-01T00:00:00.000Z' } });
    await shop.hear();
    expect(await shop.tellings(goods.variantId)).toEqual([]);
    const id = first.body['id'] as string;
    const postpone = async (dueAt: string) => {
      shop.clock.advance(1_000);
      expect(await shop.call('PATCH', `inventory/incoming/${id}`, { dueAt })).toMatchObject({ status: 200 });
      await shop.hear();
    };
    await postpone('2026-12-20T00:00:00.000Z');
    const told = await shop.tellings(goods.variantId);
    expect(told.map((one) => one.profileId).sort()).toEqual([asked.profileId, ordered.profileId].sort());
    await postpone('2026-12-20T00:00:00.000Z');
    expect(await shop.tellings(goods.variantId)).toHaveLength(2);
    expect(await shop.states(goods.variantId)).toEqual({ active: 1 });
    const { id: orderId } = (placed.body as { order: { id: string } }).order;
    await shop.call('POST', `orders/${orderId}/cancel`, {});
    await postpone('2026-12-24T00:00:00.000Z');
    expect(await shop.tellings(goods.variantId)).toHaveLength(3);
  });

  it('that another delivery reaches first hears nothing of one that is late', async () => {
    const goods = await shop.goods();
    const ordered = await shop.customer();
    const variantId = publicId('var', goods.variantId);
    const incoming = { variantId, locationId: publicId('loc', goods.locationId), quantity: 1 };
    await shop.call('POST', 'inventory/incoming', { ...incoming, dueAt: '2026-12-01T00:00:00.000Z' });
    const later = await shop.call('POST', 'inventory/incoming', { ...incoming, dueAt: '2026-12-10T00:00:00.000Z' });
    await shop.call('POST', 'orders', {
      ...{ reference: shop.word(), channel: 'web', currency: 'EUR', profileId: publicId('prf', ordered.profileId) },
      ...{ lines: [{ variantId, quantity: 1 }], isPreorder: true },
    });
    const path = `inventory/incoming/${later.body['id'] as string}`;
    await shop.call('PATCH', path, { dueAt: '2026-12-30T00:00:00.000Z' });
    await shop.hear();
    expect(await shop.tellings(goods.variantId)).toEqual([]);
  });
});

describe('whoever bought', () => {
  it('bought for what she was told, waits no longer, and an order that is cancelled does not count', async () => {
    const goods = await shop.goods();
    const [told, waiting] = [await shop.customer(), await shop.customer()];
    await shop.waitFor(goods, [told]);
    await shop.move(goods, 1);
    await shop.hear();
    await shop.waitFor(goods, [waiting]);
    await shop.move(goods, 5);
    shop.clock.advance(MINUTE_MS);
    const variantId = publicId('var', goods.variantId);
    const order = (reference: string, profileId: string) => ({
      ...{ reference, channel: 'web', currency: 'EUR', profileId: publicId('prf', profileId) },
      lines: [{ variantId, quantity: 1 }],
    });
    const placed = await shop.call('POST', 'orders', order(shop.word(), told.profileId));
    expect(placed.status).toBe(201);
    await shop.call('POST', 'orders', order(shop.word(), waiting.profileId));
    expect(await shop.states(goods.variantId)).toEqual({ converted: 1, cancelled: 1 });
    const summary = async () => (await shop.call('GET', `alerts/summary?variantId=${variantId}`)).body['types'];
    expect(await summary()).toMatchObject([{ type: 'restock', waiting: 0, told: 1, converted: 1 }, {}, {}, {}]);
    const { id } = (placed.body as { order: { id: string } }).order;
    await shop.call('POST', `orders/${id}/cancel`, {});
    expect(await summary()).toMatchObject([{ type: 'restock', told: 1, converted: 0 }, {}, {}, {}]);
    expect(await shop.states(goods.variantId)).toEqual({ sent: 1, cancelled: 1 });
  });
});

describe('merged customers', () => {
  it('wait as one and are told once, and each waits for herself again once the merge is undone', async () => {
    const goods = await shop.goods();
    const [byId, byEmail] = [await shop.customer(), await shop.customer('email')];
    await shop.waitFor(goods, [byId]);
    shop.clock.advance(5_000);
    await shop.waitFor(goods, [byEmail]);
    const into = publicId('prf', byId.profileId);
    const merged = await shop.call('POST', `profiles/${into}/merge`, { with: publicId('prf', byEmail.profileId) });
    expect(merged.status).toBe(200);
    expect(await shop.states(goods.variantId)).toEqual({ active: 1, cancelled: 1 });
    await undoNewestMerge(shop.app, byId.profileId);
    expect(await shop.states(goods.variantId)).toEqual({ active: 2 });
    await shop.move(goods, 2);
    await shop.hear();
    expect(await shop.states(goods.variantId)).toEqual({ sent: 2 });
    expect(new Set((await shop.tellings(goods.variantId)).map(({ profileId }) => profileId)).size).toBe(2);
  });
});

it('what alerts keep of a customer is told to her, and gone when she is erased', async () => {
  const goods = await shop.goods();
  const one = await shop.customer();
  await shop.waitFor(goods, [one]);
  await shop.move(goods, 1);
  await shop.hear();
  const { profileId, node } = one;
  const subject = { profileId, profileIds: [profileId], nodes: [node], identifiers: [], values: [] };
  const items: string[] = [];
  for await (const { kind } of alertsPersonalData.export(shop.ctx, subject)) items.push(kind);
  expect(items).toEqual(['alertTelling', 'alert']);
  await inTransaction(shop.ctx, (ctx) => alertsPersonalData.erase(ctx, subject));
  expect(await shop.states(goods.variantId)).toEqual({});
  expect(await shop.tellings(goods.variantId)).toEqual([]);
});

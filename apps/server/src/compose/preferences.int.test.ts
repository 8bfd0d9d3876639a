import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { trackEvent } from '../modules/events/testing/world.ts';
import { type BasketWorld, openBasketWorld } from './testing/basket-world.ts';

let shop: BasketWorld;
beforeAll(async () => {
  shop = await openBasketWorld();
});
afterAll(() => shop.close());

interface Preferences {
  readonly preferences: Readonly<Record<string, unknown>>;
  readonly isLinked: boolean;
  readonly version: string;
  readonly shutOut: number;
  readonly id: string;
  readonly merges: readonly { readonly id: string }[];
}
const bodyOf = ({ body }: { body: unknown }) => body as Preferences;

const guest = async (anonymousId?: string): Promise<string> => {
  const opened = await shop.device('/v1/preferences', anonymousId === undefined ? {} : { anonymousId });
  expect(opened).toMatchObject({ status: 201, body: { preferences: { isLinked: false } } });
  return opened.body.token;
};
const say = async (token: string, values: Record<string, unknown>, at?: string) => {
  const changes = Object.entries(values).map(([name, value]) => ({ name, value, ...(at !== undefined && { at }) }));
  const answer = await shop.device(`/v1/preferences/${token}`, { changes, device: token.slice(0, 8) });
  expect(answer).toMatchObject({ status: 200 });
  return bodyOf(answer);
};
const told = async (token: string) => bodyOf(await shop.device(`/v1/preferences/${token}`));
const link = (token: string, identifier: string) => shop.till('/api/v1/preferences/link', { token, identifier });
const hers = async (identifier: string) => bodyOf(await shop.till(`/api/v1/preferences?identifier=${identifier}`));
const ago = (seconds: number) => new Date(shop.world.ctx.clock.now() - seconds * 1000).toISOString();

describe('what a customer prefers', () => {
  it('is shared by her phone, the till and every other device she is known on', async () => {
    const profileId = await shop.customer('ada');
    const phone = await guest('ada-phone');
    await say(phone, { size: 'M', newsletter: true, brands: ['Nord', 'Sud'] });
    expect(await link(phone, 'userId:ada')).toMatchObject({ status: 200, body: { isLinked: true } });
    expect((await hers('userId:ada')).preferences).toEqual({ size: 'M', newsletter: true, brands: ['Nord', 'Sud'] });
    const set = await shop.till('/api/v1/preferences', {
      profileId,
      changes: [
        { name: 'store', value: 'Berlin' },
        { name: 'newsletter', value: null },
      ],
      device: 'till-1',
    });
    expect(set).toMatchObject({ status: 200 });
    const tablet = await shop.till('/api/v1/preferences/tokens', { identifier: 'userId:ada' });
    expect(tablet).toMatchObject({ status: 201 });
    for (const token of [phone, tablet.body.token])
      expect((await told(token)).preferences).toEqual({ size: 'M', store: 'Berlin', brands: ['Nord', 'Sud'] });
  });

  it('is pushed to her other open devices, also when a guest turns out to be her', async () => {
    await shop.customer('bea');
    const [phone, laptop] = [await guest(), await guest()];
    await link(phone, 'userId:bea');
    const first = await shop.followPreferences(phone);
    const second = await shop.followPreferences(laptop);
    await shop.till('/api/v1/preferences', {
      identifier: 'userId:bea',
      changes: [{ name: 'language', value: 'de' }],
    });
    expect(await first.next()).toMatchObject({ preferences: { language: 'de' }, isLinked: true });
    await say(laptop, { size: 'L' });
    expect(await second.next()).toMatchObject({ preferences: { size: 'L' }, isLinked: false });
    await link(laptop, 'userId:bea');
    const [onPhone, onLaptop] = [await first.next(), await second.next()];
    expect(onPhone).toEqual(onLaptop);
    expect(onPhone).toMatchObject({ preferences: { language: 'de', size: 'L' }, isLinked: true });
    first.close();
    second.close();
  });

  it('is what she said last, whichever word comes first; said twice it is said once', async () => {
    await shop.customer('cleo');
    const [phone, laptop] = [await guest(), await guest()];
    await link(phone, 'userId:cleo');
    const newer = await say(phone, { size: 'M' }, ago(60));
    await say(laptop, { size: 'S', colour: 'red' }, ago(120));
    await link(laptop, 'userId:cleo');
    expect((await told(phone)).preferences).toEqual({ size: 'M', colour: 'red' });
    expect((await say(phone, { size: 'XL' }, ago(90))).preferences).toMatchObject({ size: 'M' });
    const removed = await say(laptop, { colour: null });
    expect(removed.preferences).toEqual({ size: 'M' });
    expect(await say(laptop, { colour: null })).toEqual(removed);
    expect((await say(phone, { colour: 'red' }, ago(100))).preferences).toEqual({ size: 'M' });
    expect(newer.version).not.toBe(removed.version);
  });

  it('is told to nobody for an id that a device claims, nor to a device of somebody else', async () => {
    await shop.customer('dora');
    await shop.till('/api/v1/preferences', { identifier: 'userId:dora', changes: [{ name: 'size', value: 'M' }] });
    await shop.tell(trackEvent({ userId: 'dora', anonymousId: 'dora-phone' }));
    const stranger = await guest('dora-phone');
    expect(await told(stranger)).toMatchObject({ preferences: {}, isLinked: false });
    await shop.customer('eve');
    await link(stranger, 'userId:eve');
    expect(await link(stranger, 'userId:dora')).toMatchObject({ status: 409 });
    expect((await told(stranger)).preferences).toEqual({});
  });

  it('is told to no device any more once all are shut out, and stays hers', async () => {
    await shop.customer('finn');
    const phone = await guest();
    await link(phone, 'userId:finn');
    await say(phone, { size: 'M' });
    const shut = await shop.till('/api/v1/preferences/tokens/renewals', { identifier: 'userId:finn' });
    expect(bodyOf(shut).shutOut).toBe(1);
    expect(await shop.device(`/v1/preferences/${phone}`)).toMatchObject({ status: 404 });
    expect((await hers('userId:finn')).preferences).toEqual({ size: 'M' });
  });

  it('is one customer’s when two turn out to be one, and each one’s own again when that is undone', async () => {
    const known = await shop.customer('gus');
    await shop.tell({ ...trackEvent(), userId: null, anonymousId: 'gus-kiosk' });
    const { body } = await shop.world.get('/api/v1/profiles?identifier=anonymousId:gus-kiosk');
    const other = (body['items'] as { id: string }[])[0]!.id;
    const [phone, kiosk] = [await guest(), await guest()];
    await link(phone, 'userId:gus');
    await say(phone, { size: 'M', colour: 'red' }, ago(60));
    await link(kiosk, 'anonymousId:gus-kiosk');
    await say(kiosk, { size: 'S', store: 'Berlin' }, ago(30));
    const merged = bodyOf(await shop.till(`/api/v1/profiles/${known}/merge`, { with: other }));
    for (const token of [phone, kiosk])
      expect((await told(token)).preferences).toEqual({ size: 'S', colour: 'red', store: 'Berlin' });
    await say(kiosk, { note: 'gift' });
    const undone = await shop.till(`/api/v1/profiles/${known}/unmerge`, { merge: merged.merges.at(-1)!.id });
    expect(undone).toMatchObject({ status: 200 });
    expect((await told(phone)).preferences).toEqual({ size: 'M', colour: 'red' });
    expect((await told(kiosk)).preferences).toEqual({ size: 'S', store: 'Berlin', note: 'gift' });
  });
});

describe('a wrong call', () => {
  it('is told which field is wrong and what to give', async () => {
    const token = await guest();
    const wrong: [unknown, string][] = [
      [{ changes: [] }, 'changes'],
      [{ changes: [{ name: '1st', value: 1 }] }, 'changes[0].name'],
      [{ changes: [{ name: 'a', value: { deep: true } }] }, 'changes[0].value'],
      [{ changes: [{ name: 'a', value: 1, at: 'yesterday' }] }, 'changes[0].at'],
    ];
    for (const [body, field] of wrong) {
      const answer = await shop.device(`/v1/preferences/${token}`, body);
      expect(answer).toMatchObject({ status: 400, body: { errors: [{ field: expect.stringContaining(field) }] } });
    }
    expect(await shop.device('/v1/preferences/nobody-knows-this')).toMatchObject({ status: 404 });
    expect(await shop.till('/api/v1/preferences', { changes: [{ name: 'a', value: 1 }] })).toMatchObject({
      status: 400,
    });
    expect(await shop.till('/api/v1/preferences?identifier=userId:nobody-ever')).toMatchObject({
      status: 200,
      body: { preferences: {} },
    });
  });

  it('of a 201st name is refused; the names there are go on', async () => {
    const token = await guest();
    for (const part of [0, 1]) {
      const names = Array.from({ length: 100 }, (_, n) => [`n${part * 100 + n}`, n] as const);
      await say(token, Object.fromEntries(names));
    }
    const more = await shop.device(`/v1/preferences/${token}`, { changes: [{ name: 'more', value: 1 }] });
    expect(more).toMatchObject({ status: 409 });
    expect((await say(token, { n0: 'new' })).preferences).toMatchObject({ n0: 'new', n199: 99 });
  });
});

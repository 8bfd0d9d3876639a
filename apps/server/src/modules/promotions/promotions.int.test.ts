import { createHash, createPublicKey, randomUUID, verify } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parsePublicId } from '../../platform/ids/index.ts';
import type { JsonObject } from '../../platform/json.ts';
import { open } from '../../platform/crypto/index.ts';
import { couponFactsOf, defineCouponFacts, runCouponGeneration, runHoldExpiry, runPoolWatch } from './index.ts';
import { CouponWorld, NOW } from './testing/coupon-world.ts';

const MINUTE_MS = 60_000;
const EUR = { amountMinor: 10_000, currency: 'EUR' };

let shop: CouponWorld;
beforeAll(async () => {
  shop = await CouponWorld.open();
});
afterAll(() => shop.close());

const campaignRow = async (campaign: { uuid: string }) => {
  const [row] = await shop.rows<Record<string, number>>(
    'select held, redeemed, budget_held, budget_used from coupon_campaign where workspace_id = $1 and id = $2',
    [campaign.uuid],
  );
  return row;
};

describe('a coupon', () => {
  it('is validated, held, redeemed once for its order, and gives its use back once', async () => {
    const campaign = await shop.campaign({ limits: { total: 5, budget: EUR } });
    const [code = ''] = await shop.codes(campaign, 3);
    const quote = await shop.call('coupons/validate', shop.quote([code.toLowerCase().replaceAll('-', ' ')]));
    expect(quote).toMatchObject({ discountMinor: 100, totalMinor: 900, refused: [] });
    const held = await shop.call('coupons/hold', { ...shop.quote([code]), ownerRef: 'cart:1' });
    expect(held).toMatchObject({ discountMinor: 100, ownerRef: 'cart:1', expiresAt: expect.any(String) });
    expect(await shop.call('coupons/hold', { ...shop.quote([code]), ownerRef: 'cart:1' })).toEqual(held);
    const other = await shop.call('coupons/hold', { ...shop.quote([code]), ownerRef: 'cart:2' });
    expect(other).toMatchObject({ discounts: [], refused: [{ reason: 'held' }], expiresAt: null });
    const own = await shop.call('coupons/validate', { ...shop.quote([code]), ownerRef: 'cart:1' });
    expect(own).toMatchObject({ discountMinor: 100 });
    const order = { orderSource: 'web', orderRef: '1001' };
    const done = await shop.call('coupons/commit', { ownerRef: 'cart:1', ...order });
    expect(done).toMatchObject({ redemptions: [{ state: 'redeemed', amountMinor: 100 }], isRepeat: false });
    expect(await shop.call('coupons/commit', { ownerRef: 'cart:1', ...order })).toMatchObject({ isRepeat: true });
    const elsewhere = await shop.post('coupons/commit', { ownerRef: 'cart:1', orderSource: 'web', orderRef: '1002' });
    expect(elsewhere.status).toBe(409);
    expect(await shop.call('coupons/validate', shop.quote([code]))).toMatchObject({ refused: [{ reason: 'used_up' }] });
    const { body: now } = await shop.get(`coupon-campaigns/${campaign.id}`);
    expect(now).toMatchObject({ redeemed: 1, held: 0, spent: [{ amountMinor: 100, currency: 'EUR' }] });
    expect(await shop.call('coupons/void', order)).toEqual({ voided: 1 });
    expect(await shop.call('coupons/void', order)).toEqual({ voided: 0 });
    expect(await shop.call('coupons/validate', shop.quote([code]))).toMatchObject({ discountMinor: 100 });
    expect(await campaignRow(campaign)).toEqual({ held: 0, redeemed: 0, budget_held: 0, budget_used: 0 });
  });

  it('tried three times at once, on the web, at the till and in chat, is spent once', async () => {
    const campaign = await shop.campaign();
    for (const code of await shop.codes(campaign, 8)) {
      const attempts = await Promise.all(
        ['web', 'pos', 'chat'].map((channel) =>
          shop.call<{ redemptions: JsonObject[]; refused: { reason: string }[] }>('coupons/redeem', {
            ...shop.quote([code], { channel }),
            orderSource: channel,
            orderRef: shop.word(),
          }),
        ),
      );
      expect(attempts.map(({ redemptions }) => redemptions.length).sort()).toEqual([0, 0, 1]);
      const reasons = attempts.flatMap(({ refused }) => refused.map(({ reason }) => reason));
      expect(reasons).toEqual(['used_up', 'used_up']);
    }
    const { body } = await shop.get(`coupon-campaigns/${campaign.id}`);
    expect(body).toMatchObject({ redeemed: 8 });
  });

  it('of a cart that asks for other codes is let go, and what fits counts in its place', async () => {
    const [good, better] = [
      await shop.campaign(),
      await shop.campaign({ terms: { benefit: { kind: 'percent', percent: 50 } } }),
    ];
    const [[a = ''], [b = '']] = [await shop.codes(good, 1), await shop.codes(better, 1)];
    const ownerRef = shop.word();
    await shop.call('coupons/hold', { ...shop.quote([a]), ownerRef });
    const both = await shop.call('coupons/hold', { ...shop.quote([a, b]), ownerRef });
    expect(both).toMatchObject({ discountMinor: 500, refused: [{ code: a, reason: 'better_coupon' }] });
    expect(await shop.call('coupons/hold', { ...shop.quote([a]), ownerRef: shop.word() })).toMatchObject({
      discountMinor: 100,
    });
    const late = await shop.call('coupons/hold', { ...shop.quote([b, a]), ownerRef: shop.word() });
    expect(late).toMatchObject({ discountMinor: 0, refused: [{ reason: 'held' }, { reason: 'held' }] });
    expect(await shop.call('coupons/release', { ownerRef })).toEqual({ released: 1 });
    expect(await shop.call('coupons/release', { ownerRef })).toEqual({ released: 0 });
    expect(await shop.call('coupons/hold', { ...shop.quote([b]), ownerRef: shop.word() })).toMatchObject({
      discountMinor: 500,
    });
  });

  it('is free again when its hold expires, and is taken again when the order is paid late, if it still can be', async () => {
    const campaign = await shop.campaign();
    const [a = '', b = ''] = await shop.codes(campaign, 2);
    for (const [ownerRef, code] of [
      ['late:1', a],
      ['late:2', b],
    ] as const) {
      await shop.call('coupons/hold', { ...shop.quote([code]), ownerRef });
    }
    shop.clock.advance(15 * MINUTE_MS);
    while ((await runHoldExpiry(shop.services)) > 0);
    await shop.call('coupons/redeem', { ...shop.quote([b]), orderSource: 'pos', orderRef: shop.word() });
    const paid = { orderSource: 'web', orderRef: shop.word() };
    expect(await shop.call('coupons/commit', { ownerRef: 'late:1', ...paid })).toMatchObject({
      redemptions: [{}],
      refused: [],
    });
    const beaten = { ownerRef: 'late:2', orderSource: 'web', orderRef: shop.word() };
    const answer = await shop.call('coupons/commit', beaten);
    expect(answer).toMatchObject({ redemptions: [], refused: [{ reason: 'used_up' }] });
    expect((await shop.post('coupons/commit', { ...beaten, ownerRef: 'nobody' })).status).toBe(404);
  });

  it('redeemed at once for an order is answered alike for every repeat', async () => {
    const campaign = await shop.campaign({ limits: { total: 1 } });
    const code = await shop.shared(campaign);
    const body = { ...shop.quote([code]), orderSource: 'chat', orderRef: shop.word() };
    const answers = await Promise.all(Array.from({ length: 6 }, () => shop.call('coupons/redeem', body)));
    expect(answers.filter(({ isRepeat }) => isRepeat === false)).toHaveLength(1);
    expect(new Set(answers.map(({ redemptions }) => JSON.stringify(redemptions))).size).toBe(1);
    expect(await campaignRow(campaign)).toMatchObject({ redeemed: 1 });
  });

  it('counts once it is known whose address it is: first orders and domains are asked', async () => {
    let hasOrdered = false;
    defineCouponFacts({
      lines: () => Promise.resolve([]),
      haveOrdered: (_sql, _workspaceId, profileIds) => Promise.resolve(new Set(hasOrdered ? profileIds : [])),
    });
    const campaign = await shop.campaign({ terms: { firstOrderOnly: true, emailDomains: ['customer.example'] } });
    const code = await shop.shared(campaign);
    const reasons = async (more: object) => {
      const { refused } = await shop.call<{ refused: { reason: string }[] }>(
        'coupons/validate',
        shop.quote([code], more),
      );
      return refused.map(({ reason }) => reason);
    };
    const email = `${shop.word()}@customer.example`;
    expect(await reasons({})).toEqual(['profile_required']);
    const profileId = await shop.profile(email);
    expect(await reasons({ profileId })).toEqual([]);
    expect(await reasons({ identifier: `email:${email}` })).toEqual([]);
    hasOrdered = true;
    expect(await reasons({ profileId })).toEqual(['first_order']);
    const stranger = await shop.profile(`${shop.word()}@other.example`);
    hasOrdered = false;
    expect(await reasons({ profileId: stranger })).toEqual(['email']);
    expect((await shop.post('coupons/validate', shop.quote([code], { identifier: 'nonsense' }))).status).toBe(400);
  });

  it('asks the catalog what lines are, and segments who she is', async () => {
    const facts = {
      ...{ products: ['prd_tee'], variants: [], sku: 'TEE', collections: ['Shirts'], categories: [], vendor: 'Acme' },
      isOnSale: false,
    };
    defineCouponFacts({
      lines: (_sql, _workspaceId, { lines }) =>
        Promise.resolve(lines.map(({ sku }) => (sku === 'TEE' ? facts : undefined))),
      haveOrdered: () => Promise.resolve(new Set()),
    });
    const uuid = randomUUID();
    const segment = `seg_${uuid.replaceAll('-', '')}`;
    const only = { collections: ['shirts'] };
    const code = await shop.shared(await shop.campaign({ terms: { only, segments: [segment] } }));
    const profileId = await shop.profile();
    const validate = () => shop.call('coupons/validate', shop.quote([code], { profileId }));
    expect(await validate()).toMatchObject({ refused: [{ reason: 'segment' }] });
    await shop.rows(
      `insert into segment (workspace_id, id, name, rule, status, created_at) values ($1, $2, 'Regulars', '{}', 'live', now())`,
      [uuid],
    );
    await shop.rows(
      'insert into segment_member (workspace_id, segment_id, profile_id, entered_at) values ($1, $2, $3, now())',
      [uuid, parsePublicId('prf', profileId)],
    );
    expect(await validate()).toMatchObject({ discountMinor: 100 });
    const lines = [{ id: '1', sku: 'MUG', quantity: 1, unitPriceMinor: 1_000 }];
    const mugs = { ...shop.quote([code], { profileId }), cart: { currency: 'EUR', lines } };
    expect(await shop.call('coupons/validate', mugs)).toMatchObject({ refused: [{ reason: 'no_product' }] });
  });

  it('tells of a known customer when it is applied, removed and denied', async () => {
    const campaign = await shop.campaign();
    const [code = ''] = await shop.codes(campaign, 1);
    const profileId = await shop.profile();
    const ownerRef = shop.word();
    await shop.call('coupons/hold', { ...shop.quote([code, 'NO-SUCH'], { profileId }), ownerRef });
    await shop.call('coupons/release', { ownerRef });
    const { wrapping } = await shop.ctx.keysOf(shop.ctx.workspaceId);
    const rows = await shop.rows<{ item: Buffer }>('select item from announcement where workspace_id = $1');
    const told = rows.map(({ item }) => JSON.parse(open(wrapping, item).toString()) as JsonObject);
    const names = told.map(({ event }) => event);
    expect(told).toContainEqual(
      expect.objectContaining({
        event: 'Coupon Applied',
        properties: expect.objectContaining({ coupon: code, discount: 1, currency: 'EUR', cart_id: ownerRef }),
        context: { traits: { email: expect.stringContaining('@customer.example') } },
      }),
    );
    expect(names.sort()).toEqual(['Coupon Applied', 'Coupon Denied', 'Coupon Removed']);
  });
});

describe('guesses', () => {
  it('of one customer’s device are stopped, right ones too, until the window is over', async () => {
    const campaign = await shop.campaign();
    const [code = ''] = await shop.codes(campaign, 1);
    const from = (ip: string, codes: string[]) => shop.post('coupons/validate', shop.quote(codes, { ip }));
    for (let tries = 0; tries < 2; tries++) {
      const codes = Array.from({ length: 10 }, () => `NO${shop.word()}`);
      expect((await from('203.0.113.9', codes)).status).toBe(200);
    }
    const stopped = await from('203.0.113.9', [code]);
    expect(stopped.status).toBe(429);
    expect(Number(stopped.headers['retry-after'])).toBeGreaterThan(0);
    expect((await from('203.0.113.10', [code])).status).toBe(200);
    shop.clock.advance(10 * MINUTE_MS);
    expect((await from('203.0.113.9', [code])).status).toBe(200);
  });
});

describe('a campaign', () => {
  it('that changes keeps the terms it had, and counts what was used when it comes to have a limit', async () => {
    const campaign = await shop.campaign();
    const code = await shop.shared(campaign);
    const profileId = await shop.profile();
    for (const orderRef of ['1', '2', '3']) {
      await shop.call('coupons/redeem', { ...shop.quote([code], { profileId }), orderSource: campaign.id, orderRef });
    }
    const path = `coupon-campaigns/${campaign.id}`;
    const low = await shop.patch(path, { limits: { total: 2 } });
    expect([low.status, low.body['errors']]).toEqual([
      409,
      [{ field: 'limits.total', message: expect.stringContaining('3 times') }],
    ]);
    expect((await shop.patch(path, { limits: { perProfile: 2 } })).status).toBe(409);
    expect((await shop.patch(path, { limits: { budget: { amountMinor: 299, currency: 'EUR' } } })).status).toBe(409);
    const limits = { total: 4, perProfile: 3, budget: { amountMinor: 500, currency: 'EUR' } };
    const terms = { benefit: { kind: 'percent', percent: 20 } };
    expect((await shop.patch(path, { limits, terms, state: 'active' })).body).toMatchObject({
      version: 2,
      redeemed: 3,
    });
    const more = shop.quote([code], { profileId });
    expect(await shop.call('coupons/validate', more)).toMatchObject({ refused: [{ reason: 'profile_limit' }] });
    const last = {
      ...shop.quote([code], { profileId: await shop.profile() }),
      orderSource: campaign.id,
      orderRef: '4',
    };
    expect(await shop.call('coupons/redeem', last)).toMatchObject({ redemptions: [{ amountMinor: 200, version: 2 }] });
    expect(await campaignRow(campaign)).toMatchObject({ redeemed: 4, budget_used: 500 });
    const { body: versions } = await shop.get(`${path}/versions`);
    expect((versions['items'] as { version: number }[]).map(({ version }) => version)).toEqual([2, 1]);
    const { body: text } = await shop.get(`${path}/text?language=de`);
    expect(text).toMatchObject({ language: 'de', headline: '20\u00a0% Rabatt' });
  });

  it('that is paused, archived or over says so', async () => {
    const campaign = await shop.campaign({
      terms: { expiresAt: new Date(NOW + 365 * 24 * 60 * MINUTE_MS).toISOString() },
    });
    const code = await shop.shared(campaign);
    const reason = async () => {
      const { refused } = await shop.call<{ refused: { reason: string }[] }>('coupons/validate', shop.quote([code]));
      return refused[0]?.reason;
    };
    await shop.patch(`coupon-campaigns/${campaign.id}`, { state: 'paused' });
    expect(await reason()).toBe('paused');
    await shop.patch(`coupon-campaigns/${campaign.id}`, { state: 'archived' });
    expect(await reason()).toBe('expired');
  });
});

describe('codes', () => {
  it('are drawn in the background until there are as many as wanted, none alike, each with its check', async () => {
    const campaign = await shop.campaign();
    const body = { source: 'generated', pattern: 'BIG-########', count: 7_000, lowWatermark: 10 };
    const made = await shop.call<{ id: string; codes: number }>(`coupon-campaigns/${campaign.id}/pools`, body);
    expect(made.codes).toBe(5_000);
    while ((await runCouponGeneration(shop.services)) > 0);
    const { body: pools } = await shop.get(`coupon-campaigns/${campaign.id}/pools`);
    expect(pools['items']).toMatchObject([{ codes: 7_000, wanted: 7_000, low: false }]);
    const file = (await shop.text(`coupon-campaigns/${campaign.id}/coupons/file`)).split('\r\n');
    expect(file).toHaveLength(7_002);
    expect(file[0]).toBe('code,state,redeemed,per_code,expires_at');
    expect(new Set(file).size).toBe(7_002);
    for (const line of file.slice(1, -1)) expect(line).toMatch(/^BIG-[2-9A-HJKMNP-TV-Z]{8},free,0,1,$/);
    const easy = await shop.post(`coupon-campaigns/${campaign.id}/pools`, { ...body, pattern: 'EASY-###' });
    expect([easy.status, easy.body['errors']]).toMatchObject([400, [{ field: 'pattern' }]]);
  });

  it('are imported from CSV and NDJSON; a bad row is named by its line and the others are taken', async () => {
    const campaign = await shop.campaign();
    const pool = await shop.call<{ id: string }>(`coupon-campaigns/${campaign.id}/pools`, { source: 'imported' });
    const email = `${shop.word()}@customer.example`;
    const profileId = await shop.profile(email);
    const [one, two] = [`IMP-${shop.word()}`, `IMP-${shop.word()}`];
    const csv = `code;recipient\n${one};\n${one.toLowerCase()};\n;\n${two};email:${email}\nIMP-9;email:nobody@customer.example\n`;
    const taken = await shop.post(`coupon-pools/${pool.id}/import`, csv, { 'content-type': 'text/csv' });
    expect(taken.body).toEqual({
      ...{ rows: 5, added: 2, failed: 3 },
      errors: [
        { line: 2, message: 'repeats the code of line 1; leave one out' },
        { line: 3, message: expect.stringContaining('no code') },
        { line: 5, message: expect.stringContaining('leads to nobody') },
      ],
    });
    const lines = `{"code":"${one}"}\n{"code":"IMP-${shop.word()}"}\n`;
    const again = await shop.post(`coupon-pools/${pool.id}/import`, lines, { 'content-type': 'application/x-ndjson' });
    expect(again.body).toMatchObject({ added: 1, errors: [{ line: 1, message: expect.stringContaining('already') }] });
    const { body } = await shop.get(`coupon-campaigns/${campaign.id}/coupons?state=assigned`);
    expect(body['items']).toMatchObject([{ code: two, assignedTo: [profileId] }]);
    const stranger = await shop.call('coupons/validate', shop.quote([two]));
    expect(stranger).toMatchObject({ refused: [{ reason: 'recipient' }] });
    expect(await shop.call('coupons/validate', shop.quote([two], { profileId }))).toMatchObject({ refused: [] });
  });

  it('are given away oldest first, one an intent, none twice, and a pool that runs low is told of once', async () => {
    const campaign = await shop.campaign();
    const body = { source: 'generated', pattern: 'GIVE-########', count: 30, lowWatermark: 10 };
    await shop.call(`coupon-campaigns/${campaign.id}/pools`, body);
    const { body: free } = await shop.get(`coupon-campaigns/${campaign.id}/coupons?limit=30`);
    const oldest = (free['items'] as { code: string }[])[0]?.code;
    const profileId = await shop.profile();
    const assign = (intent: string) =>
      shop.call<{ code: string; isRepeat: boolean }>(`coupon-campaigns/${campaign.id}/assign`, { profileId, intent });
    expect(await assign('first')).toMatchObject({ code: oldest, isRepeat: false });
    const same = await Promise.all(Array.from({ length: 8 }, () => assign('same')));
    expect(new Set(same.map(({ code }) => code)).size).toBe(1);
    expect(same.filter(({ isRepeat }) => !isRepeat)).toHaveLength(1);
    const many = await Promise.all(Array.from({ length: 28 }, (_, at) => assign(`many ${at}`)));
    expect(new Set(many.map(({ code }) => code)).size).toBe(28);
    const left = await shop.post(`coupon-campaigns/${campaign.id}/assign`, { profileId, intent: 'one more' });
    expect(left.status).toBe(409);
    expect((await runPoolWatch(shop.services)) + (await runPoolWatch(shop.services))).toBe(1);
    const { body: exceptions } = await shop.get('coupon-exceptions?limit=500');
    const low = (exceptions['items'] as { kind: string; campaignId: string; id: string }[]).filter(
      ({ kind, campaignId }) => kind === 'pool_low' && campaignId === campaign.id,
    );
    expect(low).toHaveLength(1);
    expect((await shop.get(`coupon-campaigns/${campaign.id}/pools`)).body['items']).toMatchObject([{ low: true }]);
    const facts = await couponFactsOf(shop.services.postgres, shop.ctx.workspaceId, [parsePublicId('prf', profileId)!]);
    expect([...facts.values()]).toEqual([[{ campaignId: campaign.id, states: new Set(['assigned']) }]]);
  });

  it('that are made worthless are redeemed by nobody', async () => {
    const campaign = await shop.campaign();
    const [code = ''] = await shop.codes(campaign, 1);
    const { body } = await shop.get(`coupon-campaigns/${campaign.id}/coupons`);
    const [{ id } = { id: '' }] = body['items'] as { id: string }[];
    expect(await shop.call(`coupon-codes/${id}/void`, undefined)).toMatchObject({ code, state: 'void' });
    expect(await shop.call('coupons/validate', shop.quote([code]))).toMatchObject({ refused: [{ reason: 'void' }] });
  });
});

describe('a till without a connection', () => {
  const cap = { offlineCap: { amountMinor: 500, currency: 'EUR' } };

  it('knows shared codes by a signed sheet and single ones by signed vouchers', async () => {
    const campaign = await shop.campaign({ terms: cap });
    const code = await shop.shared(campaign);
    const [single = ''] = await shop.codes(campaign, 1);
    const [online = ''] = await shop.codes(await shop.campaign(), 1);
    const { sheet, publicKey } = await shop.call<{ sheet: string; publicKey: string }>('coupons/sheets', {
      deviceId: 'till-1',
    });
    const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' });
    const open = (text: string) => {
      const [body = '', signature = ''] = text.split('.');
      expect(verify(null, Buffer.from(body), key, Buffer.from(signature, 'base64url'))).toBe(true);
      return JSON.parse(Buffer.from(body, 'base64url').toString()) as JsonObject;
    };
    const { salt, campaigns } = open(sheet) as { salt: string; campaigns: { id: string; codes: string[] }[] };
    const hash = createHash('sha256').update(salt).update(code.toUpperCase()).digest('base64url');
    expect(campaigns.find(({ id }) => id === campaign.id)?.codes).toEqual([hash]);
    expect(sheet).not.toContain(Buffer.from(code).toString('base64url'));
    const made = await shop.call<{ vouchers: { voucher: string }[]; refused: JsonObject[] }>('coupons/vouchers', {
      codes: [single, online, 'NO-SUCH-CODE'],
    });
    expect(made.refused).toMatchObject([{ reason: 'unknown' }, { reason: 'channel' }]);
    const voucher = made.vouchers[0]?.voucher ?? '';
    expect(open(voucher)).toMatchObject({ kind: 'coupon-voucher', campaignId: campaign.id });
    const told = { sequence: 1, amountMinor: 100, currency: 'EUR', at: new Date(NOW).toISOString() };
    const forged = `${voucher.slice(0, -4)}${voucher.endsWith('AAAA') ? 'BBBB' : 'AAAA'}`;
    const results = await shop.call('coupons/reconcile', {
      deviceId: 'till-1',
      redemptions: [
        { ...told, code: voucher },
        { ...told, sequence: 2, code: forged },
      ],
    });
    expect(results).toMatchObject({ results: [{ outcome: 'redeemed' }, { exception: 'no_voucher' }] });
  });

  it('is believed each sequence once; what is against it becomes an exception and is never lost', async () => {
    const campaign = await shop.campaign({ terms: cap, limits: { total: 3 } });
    const code = await shop.shared(campaign);
    const [single = ''] = await shop.codes(campaign, 1);
    await shop.call('coupons/redeem', { ...shop.quote([single]), orderSource: 'web', orderRef: shop.word() });
    const told = (sequence: number, more: object = {}) => ({
      ...{ sequence, code, amountMinor: 100, currency: 'EUR', at: new Date(NOW + sequence * 1_000).toISOString() },
      ...more,
    });
    const redemptions = [
      told(1),
      told(2, { code: single }),
      told(3, { amountMinor: 501 }),
      told(4, { code: 'NOT-OURS-AT-ALL' }),
      told(5),
      told(6),
      told(7, { currency: 'USD' }),
    ];
    const send = () => shop.call<{ results: JsonObject[] }>('coupons/reconcile', { deviceId: 'till-9', redemptions });
    const both = await Promise.all([send(), send()]);
    const kinds = ['none', 'used_up', 'over_cap', 'unknown_code', 'none', 'campaign_limit', 'currency'];
    for (const { results } of both) expect(results.map(({ exception }) => exception ?? 'none')).toEqual(kinds);
    expect(both.map(({ results }) => results.every(({ isRepeat }) => isRepeat)).sort()).toEqual([false, true]);
    expect(await campaignRow(campaign)).toMatchObject({ redeemed: 3 });
    const reuse = { deviceId: 'till-9', redemptions: [told(1, { amountMinor: 7 })] };
    for (let time = 0; time < 2; time++) {
      expect(await shop.call('coupons/reconcile', reuse)).toMatchObject({
        results: [{ exception: 'sequence_reused' }],
      });
    }
    const { body } = await shop.get('coupon-exceptions?limit=500');
    const own = (body['items'] as { kind: string; detail: JsonObject; id: string }[]).filter(
      ({ detail }) => detail['deviceId'] === 'till-9' || detail['orderSource'] === 'pos:till-9',
    );
    expect(own.map(({ kind }) => kind).sort()).toEqual(
      ['campaign_limit', 'currency', 'over_cap', 'sequence_reused', 'unknown_code', 'used_up'].sort(),
    );
    const [first] = own;
    expect((await shop.post(`coupon-exceptions/${first?.id}/resolve`, { note: 'paid out' })).status).toBe(204);
    const { body: done } = await shop.get('coupon-exceptions?state=resolved');
    expect(done['items']).toMatchObject([{ id: first?.id, note: 'paid out' }]);
  });
});

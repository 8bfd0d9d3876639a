import { describe, expect, it } from 'vitest';

import type { EventType } from '../../../platform/eventlog/index.ts';
import type { JsonObject } from '../../../platform/json.ts';
import { campaignKey, campaignOf } from './campaign.ts';
import { classifyTouch, referrerHost, siteOf } from './classify-touch.ts';
import { deviceOf } from './device.ts';
import { type BehaviourEvent, isBehaviour, landingOf, pageOf } from './page-of.ts';

const eventOf = (
  context: JsonObject,
  more: { type?: EventType; name?: string; properties?: JsonObject } = {},
): BehaviourEvent => ({
  id: 'm',
  type: more.type ?? 'track',
  name: more.name ?? 'Product Viewed',
  occurredAt: 0,
  payload: { context, ...(more.properties && { properties: more.properties }) },
});
const touchOf = (context: JsonObject) => {
  const event = eventOf(context);
  const page = pageOf(event);
  return classifyTouch(campaignOf(event, page), referrerHost(page));
};
const visit = (query: string, referrer = '') =>
  touchOf({ page: { url: `https://shop.example/shoes${query}`, referrer } });

describe('where somebody came from', () => {
  it('holds no NUL, which no database text can', () => {
    const touch = visit('?utm_source=%00a&utm_medium=b%00&utm_campaign=%00&gclid=%00c');
    expect(JSON.stringify(touch)).not.toContain('u0000');
    expect(touch).toMatchObject({ source: '\uFFFDa', clickId: '\uFFFDc' });
  });

  it.each([
    ['https://www.google.com/search?q=shoes', 'search', 'google', 'organic'],
    ['https://www.google.co.uk/', 'search', 'google', 'organic'],
    ['https://google.com.tr/', 'search', 'google', 'organic'],
    ['android-app://com.google.android.googlequicksearchbox/', 'search', 'google', 'organic'],
    ['https://mail.google.com/mail/u/0', 'email', 'gmail', 'email'],
    ['https://search.yahoo.com/', 'search', 'yahoo', 'organic'],
    ['https://de.search.yahoo.com/', 'search', 'yahoo', 'organic'],
    ['https://yandex.ru/clck', 'search', 'yandex', 'organic'],
    ['https://duckduckgo.com/', 'search', 'duckduckgo', 'organic'],
    ['https://l.facebook.com/l.php', 'social', 'facebook', 'social'],
    ['https://t.co/abc', 'social', 'x', 'social'],
    ['https://out.reddit.com/', 'social', 'reddit', 'social'],
    ['https://www.pinterest.de/pin/1', 'social', 'pinterest', 'social'],
    ['android-app://com.google.android.gm/', 'email', 'gmail', 'email'],
    ['https://blog.example.org/post', 'referral', 'blog.example.org', 'referral'],
    // Not everything that carries the name of an engine is one.
    ['https://google.evil.example/', 'referral', 'google.evil.example', 'referral'],
    ['https://notgoogle.com/', 'referral', 'notgoogle.com', 'referral'],
    ['https://constructor/', 'referral', 'constructor', 'referral'],
  ])('%s is %s by %s', (referrer, kind, source, medium) => {
    expect(visit('', referrer)).toMatchObject({ class: kind, source, medium, name: '' });
  });

  it.each([
    ['', 'nothing says'],
    ['https://shop.example/cart', 'the shop itself'],
    ['https://www.shop.example/cart', 'the shop with www'],
    ['https://checkout.shop.example/pay', 'a part of the shop'],
    ['https://www.paypal.com/checkout', 'a payment page on the way back'],
    ['https://hooks.stripe.com/3ds', 'a bank on the way back'],
    ['not a url', 'no address at all'],
  ])('%s is direct: %s', (referrer) => {
    expect(visit('', referrer)).toMatchObject({ class: 'direct', source: '', referrer: '' });
  });

  it('is not guessed where the page does not say whose it is', () => {
    expect(touchOf({ page: { path: '/a', referrer: 'https://www.google.com/' } })).toMatchObject({ class: 'direct' });
  });

  it.each([
    ['?gclid=a', 'ad', 'google', 'cpc'],
    ['?wbraid=a', 'ad', 'google', 'cpc'],
    ['?dclid=a', 'ad', 'google', 'display'],
    ['?msclkid=a', 'ad', 'bing', 'cpc'],
    ['?ttclid=a', 'ad', 'tiktok', 'cpc'],
    ['?li_fat_id=a', 'ad', 'linkedin', 'cpc'],
    ['?twclid=a', 'ad', 'x', 'cpc'],
    ['?ScCid=a', 'ad', 'snapchat', 'cpc'],
    ['?epik=a', 'ad', 'pinterest', 'cpc'],
    ['?rdt_cid=a', 'ad', 'reddit', 'cpc'],
    ['?irclickid=a', 'referral', 'impact', 'affiliate'],
    ['?fbclid=a', 'social', 'facebook', 'social'],
    ['?fbclid=a&gclid=b', 'ad', 'google', 'cpc'],
    ['?utm_source=fb&utm_medium=paid_social&fbclid=a', 'ad', 'fb', 'paid_social'],
    ['?utm_source=google&utm_medium=organic&gclid=a', 'ad', 'google', 'organic'],
    ['?utm_source=News&utm_medium=E-Mail', 'email', 'news', 'e-mail'],
    ['?utm_source=insta&utm_medium=social', 'social', 'insta', 'social'],
    ['?utm_source=partner&utm_medium=affiliate', 'referral', 'partner', 'affiliate'],
    ['?utm_source=till&utm_medium=qr', 'other', 'till', 'qr'],
    ['?utm_source=a&utm_medium=constructor', 'other', 'a', 'constructor'],
    ['?utm_campaign=x', 'other', '', ''],
  ])('%s is %s by %s (%s)', (query, kind, source, medium) => {
    expect(visit(query)).toMatchObject({ class: kind, source, medium });
  });

  it('is named by the one who linked where a campaign has no source', () => {
    expect(visit('?utm_campaign=x', 'https://www.facebook.com/')).toMatchObject({
      class: 'social',
      source: 'facebook',
    });
  });

  it('knows sites apart by what somebody registered', () => {
    expect(['a.b.shop.example', 'shop.co.uk', 'a.shop.co.uk', 'localhost', 'co.uk'].map(siteOf)).toEqual([
      'shop.example',
      'shop.co.uk',
      'shop.co.uk',
      'localhost',
      'co.uk',
    ]);
  });
});

describe('a campaign', () => {
  const campaign = (context: JsonObject) => {
    const event = eventOf(context);
    return campaignOf(event, pageOf(event));
  };
  const page = (query: string): JsonObject => ({ url: `https://shop.example/${query}` });

  it('is read from the link as forms write it, and from what the client says of it before that', () => {
    const read = {
      source: 'news',
      medium: 'email',
      name: 'Spring sale',
      term: 'a&b',
      content: '',
      clickIdType: '',
      clickId: '',
    };
    expect(
      campaign({ page: page('?utm_source=News&utm_medium=email&utm_campaign=Spring+sale&utm_term=a%26b') }),
    ).toEqual(read);
    expect(campaign({ page: { ...page(''), search: '?utm_source=a' } })).toMatchObject({ source: 'a' });
    expect(campaign({ campaign: { source: 'B', name: 'said' }, page: page('?utm_source=a&gclid=1') })).toMatchObject({
      source: 'b',
      name: 'said',
      medium: '',
      clickIdType: 'gclid',
      clickId: '1',
    });
    expect(campaign({ campaign: {}, page: page('?utm_source=a') })).toMatchObject({ source: 'a' });
    expect(campaign({ page: page('?utm_source=%E0%A4%A&x') })).toMatchObject({ source: '%e0%a4%a' });
    expect(campaign({ page: page('?xutm_source=a&color=red') })).toBeUndefined();
    // Shops whose pages live behind the hash.
    expect(campaign({ page: page('#/shoes?utm_source=a') })).toMatchObject({ source: 'a' });
  });

  it('never holds an address, and no more text than it should', () => {
    expect(campaign({ page: page('?utm_source=a%40b.example&gclid=a%40b.example') })).toBeUndefined();
    expect(campaign({ campaign: { name: 'ada@shop.example', source: 'x' } })).toMatchObject({ name: '', source: 'x' });
    expect(campaign({ page: page(`?utm_source=${'x'.repeat(500)}`) })!.source).toHaveLength(80);
    expect(campaign({ page: page(`?gclid=${'x'.repeat(500)}`) })).toBeUndefined();
  });

  it('is the same one at every click on it, whatever the click id', () => {
    const key = (query: string) => campaignKey(campaign({ page: page(query) })!);
    expect(key('?utm_source=a&gclid=1')).toBe(key('?utm_source=a&gclid=2'));
    expect(key('?gclid=1')).not.toBe(key('?gclid=2'));
    expect(key('?utm_source=a')).not.toBe(key('?utm_medium=a'));
  });
});

describe('behaviour', () => {
  it.each([
    [eventOf({}, { type: 'page' }), true],
    [eventOf({}, { type: 'screen' }), true],
    [eventOf({ page: { path: '/' } }), true],
    [eventOf({ screen: { width: 1 } }), true],
    [eventOf({}), false],
    [eventOf({ page: { path: '/' }, test: true }), false],
    [eventOf({ page: { path: '/' }, test: 'true' }), true],
    [eventOf({ page: 'text' }), false],
    [eventOf({ page: { path: '/' } }, { type: 'identify' }), false],
    [eventOf({ page: { path: '/' } }, { type: 'group' }), false],
    [eventOf({ page: { path: '/' } }, { type: 'internal', name: 'Segment Entered' }), false],
  ])('case %#', (event, expected) => {
    expect(isBehaviour(event)).toBe(expected);
  });

  it('lands on a page without its query, which may hold anything', () => {
    const landing = (event: BehaviourEvent) => landingOf(event, pageOf(event));
    expect(landing(eventOf({ page: { url: 'https://shop.example/a?token=1#x' } }))).toBe('https://shop.example/a');
    expect(landing(eventOf({ page: { path: '/reset?token=1' } }))).toBe('/reset');
    expect(landing(eventOf({ page: { url: 'https://shop.example/u/@ada' } }))).toBe('');
    expect(landing(eventOf({}, { type: 'screen', name: 'Start' }))).toBe('Start');
    expect(landing(eventOf({}, { type: 'page', properties: { url: 'https://shop.example/b' } }))).toBe(
      'https://shop.example/b',
    );
    expect(landing(eventOf({ page: {} }, { properties: { url: 'https://shop.example/a-product' } }))).toBe('');
  });
});

describe('a device', () => {
  it.each([
    [
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36',
      ['desktop', 'Linux', 'Chrome'],
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 Mobile/15E148 Safari/604.1',
      ['mobile', 'iOS', 'Safari'],
    ],
    [
      'Mozilla/5.0 (iPad; CPU OS 13_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.0 Mobile/15E148 Safari/604.1',
      ['tablet', 'iOS', 'Safari'],
    ],
    ['Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)', ['bot', '', 'Googlebot']],
    ['nonsense', ['', '', '']],
  ])('%s', (userAgent, [kind, os, browser]) => {
    expect(deviceOf(eventOf({ userAgent }))).toEqual({ class: kind, os, browser });
  });

  it('is helped by what the browser says beside its agent, and read from the app where there is no browser', () => {
    expect(deviceOf(eventOf({ userAgent: 'x', userAgentData: { mobile: true, platform: 'Android' } }))).toEqual({
      class: 'mobile',
      os: 'Android',
      browser: '',
    });
    expect(deviceOf(eventOf({ os: { name: 'iOS' } }))).toEqual({ class: 'mobile', os: 'iOS', browser: '' });
    expect(deviceOf(eventOf({}))).toBeUndefined();
  });
});

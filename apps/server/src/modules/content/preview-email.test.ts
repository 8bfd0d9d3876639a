import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../platform/json.ts';
import { addUtm } from './add-utm.ts';
import { previewEmail } from './preview-email.ts';
import { renderEmail, usedVariables } from './render-email.ts';

type Content = Parameters<typeof version>[0];
function version(content: {
  html: string;
  subject?: string;
  preheader?: string;
  text?: string;
  utm?: { campaign?: string; source?: string; hosts?: string[] };
}) {
  return { id: 'v', templateId: 't', number: 1, content: { subject: 's', ...content } };
}
const preview = (content: Content, variables: JsonObject = {}) =>
  previewEmail({ version: version(content), variables, now: 0 });
const codes = (content: Content, variables: JsonObject = {}) =>
  preview(content, variables).warnings.map(({ code }) => code);

const WHOLE = '<a href="{{ unsubscribe_url }}">Unsubscribe</a> {{ brand.postalAddress }}';

describe('a preview', () => {
  it('lists what the template names and what is missing for this customer', () => {
    const html = `${WHOLE}{{ profile.firstName | default: "there" }} {{ profile.city }} {% for p in products %}{{ p.name }}{% endfor %}{% if vip %}*{% endif %}{{ cart.total | money: "EUR" }}`;
    const { variables } = preview(
      { html, subject: '{{ profile.city }}', preheader: '{{ order.number | required }}' },
      { cart: { total: 3 } },
    );
    expect(variables.used).toEqual(
      expect.arrayContaining([
        'brand.postalAddress',
        'cart.total',
        'order.number',
        'products',
        'profile.city',
        'profile.firstName',
        'vip',
      ]),
    );
    expect(variables.missing).toEqual(['order.number', 'products', 'profile.city']);
    expect(preview({ html }, { profile: { city: 'Rome' }, products: [] }).variables.missing).toEqual(['cart.total']);
  });

  it('warns of what a mail should not go without', () => {
    const fine = { html: WHOLE, preheader: 'p' };
    expect(codes(fine)).toEqual([]);
    expect(codes({ ...fine, html: 'x' })).toEqual(['no_unsubscribe', 'no_postal_address']);
    expect(codes({ html: WHOLE })).toEqual(['no_preheader']);
    expect(codes({ ...fine, html: `${WHOLE}<img src="a"><img src="b" alt=""><img src="c">` })).toEqual([
      'image_without_alt',
    ]);
    expect(preview({ ...fine, html: `${WHOLE}<img src="a"><img src="c">` }).warnings[0]!.message).toMatch(
      /^2 images have no alt text/,
    );
    expect(codes({ ...fine, html: `<html><head><title> </title></head><body>${WHOLE}</body></html>` })).toEqual([
      'no_title',
    ]);
    expect(codes({ ...fine, html: `${WHOLE}${'x'.repeat(101_000)}` })).toEqual([]);
    expect(codes({ ...fine, html: `${WHOLE}${'x'.repeat(104_400)}` })).toEqual(['clipped']);
    expect(codes({ ...fine, html: `${WHOLE}{{ nickname }}` })).toEqual(['missing_variable']);
    expect(codes({ ...fine, html: '<a href="{{ unsubscribe_url }}">x</a><address>1 Shop Lane</address>' })).toEqual([]);
  });
});

describe('a required value', () => {
  it('stops the message rather than leave a gap', () => {
    const one = version({ html: '{{ order.number | required }}' });
    const render = (variables: JsonObject) => renderEmail({ version: one, variables, links: {}, now: 0 });
    expect(render({ order: { number: 7 } }).html).toBe('7');
    for (const order of [{}, { number: '' }, { number: null }])
      expect(() => render({ order })).toThrow('cannot be rendered');
    expect(renderEmail({ version: one, variables: {}, links: {}, now: 0, isDraft: true }).html).toBe('');
  });
});

describe('campaign parameters', () => {
  const ids = { template: 'tpl_1', journey: 'jrn_1' };

  it('are added to web links that lack them, and change nothing else', () => {
    const utm = { source: 'segue', campaign: 'spring-{journey}' };
    expect(addUtm('https://shop.example/a?x=1#top', utm, ids)).toBe(
      'https://shop.example/a?x=1&utm_source=segue&utm_campaign=spring-jrn_1#top',
    );
    expect(addUtm('https://shop.example', utm, { template: 'tpl_1' })).toBe('https://shop.example?utm_source=segue');
    expect(addUtm('https://shop.example/?utm_source=mine', utm, ids)).toBe(
      'https://shop.example/?utm_source=mine&utm_campaign=spring-jrn_1',
    );
    for (const url of ['mailto:a@b.example', 'tel:+49', '#top', '/relative', 'https://'])
      expect(addUtm(url, utm, ids)).toBe(url);
    const only = { ...utm, hosts: ['shop.example'] };
    expect(addUtm('https://www.shop.example/', only, ids)).toContain('utm_source');
    expect(addUtm('https://other.example/', only, ids)).toBe('https://other.example/');
    expect(addUtm('https://notshop.example/', only, ids)).toBe('https://notshop.example/');
  });

  it('stand in the mail, its text part and its tracked links, and never on our own', () => {
    const html =
      '<a href="https://shop.example/">Shop</a><a href="{{ unsubscribe_url }}">No more</a><a href="{{ view_in_browser_url }}">Browser</a>';
    const one = version({ html, utm: { source: 'segue' } });
    const links = {
      unsubscribeUrl: 'https://m.example/p/u/1',
      viewUrl: 'https://m.example/m/1',
      trackUrl: (url: string) => `T(${url})`,
      utm: ids,
    };
    const mail = renderEmail({ version: one, variables: {}, links, now: 0 });
    expect(mail.html).toBe(
      '<a href="T(https://shop.example/?utm_source=segue)">Shop</a><a href="https://m.example/p/u/1">No more</a><a href="https://m.example/m/1">Browser</a>',
    );
    expect(mail.text).toContain('Shop (https://shop.example/?utm_source=segue)');
  });
});

describe('what is kept of a message', () => {
  it('is what its template names, and no more of the customer', () => {
    const one = version({
      html: '{{ profile.firstName }}{% for p in products %}{{ p.name }}{% endfor %}',
      subject: '{{ code }}',
    });
    const scope = {
      profile: { firstName: 'Ada', email: 'ada@example.com' },
      products: [{ name: 'Mug' }],
      code: 'X',
      other: 1,
      brand: {},
    };
    expect(usedVariables(one, scope)).toEqual({
      profile: { firstName: 'Ada' },
      products: [{ name: 'Mug' }],
      code: 'X',
    });
  });
});

import type { CreateTemplateBody, JourneyGraph, SegmentRule } from '@segue/contract';
import { CURRENCY, SHOP_NAME } from './catalogue.data.ts';

export interface NamedSegment {
  readonly name: string;
  readonly rule: SegmentRule;
}

/** A journey whose sends name a template; the template's id is put in when it is known. */
export interface NamedJourney {
  readonly name: string;
  readonly graph: (templateIds: ReadonlyMap<string, string>) => JourneyGraph;
}

export const SEGMENTS: readonly NamedSegment[] = [
  {
    name: 'Cart left behind',
    rule: {
      all: [
        { event: 'Product Added', within: { hours: 24 } },
        { not: { event: 'Product Added', within: { minutes: 30 } } },
        { not: { event: 'Order Completed', within: { hours: 24 } } },
      ],
    },
  },
  {
    name: 'Window shoppers',
    rule: {
      all: [
        { event: 'Product Viewed', count: { atLeast: 3 }, within: { days: 2 } },
        { not: { event: 'Product Added', within: { days: 2 } } },
      ],
    },
  },
  { name: 'Bought once', rule: { event: 'Order Completed', count: { exactly: 1 } } },
  { name: 'Came back to buy', rule: { event: 'Order Completed', count: { atLeast: 2 } } },
  {
    name: 'Newsletter readers',
    rule: {
      event: 'Consent Updated',
      where: [
        { property: 'channel', op: 'equals', value: 'email' },
        { property: 'topic', op: 'equals', value: 'marketing' },
        { property: 'status', op: 'equals', value: 'granted' },
      ],
    },
  },
];

const INK = '#2c2a26';
const QUIET = '#6d6a62';
const GROUND = '#f4f1ea';

/** One column of 560 px in tables, as mail programs need it; works without pictures, too. */
function letter(body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${SHOP_NAME}</title></head>
<body style="margin:0;padding:0;background:${GROUND};color:${INK};font-family:Inter,Helvetica,Arial,sans-serif">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background:${GROUND}"><tr><td align="center" style="padding:32px 16px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:560px;background:#ffffff;border-radius:14px">
<tr><td style="padding:28px 32px 0;font-size:14px;font-weight:600;letter-spacing:.02em">${SHOP_NAME}</td></tr>
${body}
</table>
<p style="max-width:496px;margin:20px auto 0;font-size:12px;line-height:18px;color:${QUIET};text-align:left">You get this because you asked ${SHOP_NAME} for ideas and offers. <a href="{{ unsubscribe_url }}" style="color:${QUIET}">Unsubscribe</a></p>
</td></tr></table></body></html>`;
}

const CARDS = `{% for product in products %}<tr><td style="padding:0 32px 12px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="border:1px solid #e6e2d8;border-radius:10px"><tr>
<td width="96" style="padding:12px"><img src="{{ product.image_url }}" width="88" height="88" alt="{{ product.name }}" style="display:block;border-radius:8px"></td>
<td style="padding:12px 12px 12px 4px;font-size:15px;line-height:22px"><strong>{{ product.name }}</strong><br><span style="color:${QUIET};font-size:13px">{{ product.variant }}{% if product.quantity > 1 %} · {{ product.quantity }} pieces{% endif %}</span></td>
<td align="right" style="padding:12px 16px 12px 4px;font-size:15px;white-space:nowrap">{{ product.price | money: "${CURRENCY}" }}</td>
</tr></table></td></tr>{% endfor %}`;

const button = (href: string, label: string): string =>
  `<tr><td style="padding:12px 32px 32px"><a href="${href}" style="display:inline-block;padding:12px 22px;background:${INK};color:#ffffff;border-radius:9px;font-size:15px;font-weight:600;text-decoration:none">${label}</a></td></tr>`;

const heading = (text: string, line: string): string =>
  `<tr><td style="padding:20px 32px 8px;font-size:24px;line-height:30px;font-weight:600">${text}</td></tr>
<tr><td style="padding:0 32px 20px;font-size:15px;line-height:23px;color:#4c4a44">${line}</td></tr>`;

export const CART_TEMPLATE = 'Your cart is waiting';
export const WELCOME_TEMPLATE = 'Welcome';

/** The shop's templates; `shopUrl` ends in a slash. */
export function templates(shopUrl: string): readonly CreateTemplateBody[] {
  return [
    {
      name: CART_TEMPLATE,
      channel: 'email',
      subject:
        '{{ profile.firstName | default: "Hello" }}, your {{ products.first.name | default: "cart" }} is still here',
      preheader: 'We kept it for you. Nothing is lost if you change device.',
      html: letter(
        heading(
          'Still thinking it over, {{ profile.firstName | default: "friend" }}?',
          'We kept your cart just as you left it. Pick it up again on any device, whenever it suits you.',
        ) +
          CARDS +
          button(`${shopUrl}cart`, 'Return to your cart'),
      ),
    },
    {
      name: WELCOME_TEMPLATE,
      channel: 'email',
      subject: 'Welcome to ' + SHOP_NAME + ', {{ profile.firstName | default: "friend" }}',
      preheader: 'Good things for slow mornings and long suppers.',
      html: letter(
        heading(
          'Good to meet you, {{ profile.firstName | default: "friend" }}',
          'We make and find quiet, useful things for the house. Your cart and wish list follow you from phone to laptop, and you will hear from us only when there is something worth saying.',
        ) + button(shopUrl, 'Look around'),
      ),
    },
  ];
}

function idOf(templateIds: ReadonlyMap<string, string>, name: string): string {
  const id = templateIds.get(name);
  if (id === undefined) throw new Error(`There is no template "${name}"`);
  return id;
}

export const JOURNEYS: readonly NamedJourney[] = [
  {
    name: 'Cart recovery',
    graph: (templateIds) => ({
      entry: { kind: 'event', event: 'Product Added' },
      key: 'cart_id',
      reentry: 'always',
      enterWithin: { hours: 1 },
      goal: { event: 'Order Completed', within: { days: 3 } },
      start: 'wait',
      steps: [
        { id: 'wait', kind: 'delay', duration: { minutes: 30 }, next: 'remind' },
        {
          id: 'remind',
          kind: 'send',
          channel: 'email',
          template: idOf(templateIds, CART_TEMPLATE),
          topic: 'marketing',
          variables: { products: { property: 'products' }, cart_id: { property: 'cart_id' } },
        },
      ],
    }),
  },
  {
    name: 'Welcome',
    graph: (templateIds) => ({
      entry: { kind: 'event', event: 'Signed Up' },
      reentry: 'never',
      enterWithin: { hours: 1 },
      start: 'settle',
      steps: [
        { id: 'settle', kind: 'delay', duration: { minutes: 5 }, next: 'greet' },
        {
          id: 'greet',
          kind: 'send',
          channel: 'email',
          template: idOf(templateIds, WELCOME_TEMPLATE),
          topic: 'marketing',
        },
      ],
    }),
  },
];

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
const QUIET = '#66635b';
const GROUND = '#f4f1ea';
const BRAND = '#2f4f46';

/** How the shop shows itself in its mails and on the pages they lead to. */
export const BRAND_SETTINGS = {
  name: SHOP_NAME,
  color: BRAND,
  logoUrl: null,
  postalAddress: '12 Pebble Street, 10115 Berlin',
};

interface Letter {
  readonly title: string;
  /** MJML sections between the name of the shop and the footer. */
  readonly body: string;
}

/** One column of 600 px on paper colours, light and dark; it reads as well without pictures. */
function letter({ title, body }: Letter): string {
  return `<mjml lang="en">
  <mj-head>
    <mj-title>${title}</mj-title>
    <mj-attributes>
      <mj-all font-family="Inter, Helvetica, Arial, sans-serif" />
      <mj-text color="${INK}" font-size="16px" line-height="25px" padding="0 40px" />
      <mj-section padding="0" />
      <mj-class name="sheet" background-color="#ffffff" />
    </mj-attributes>
    <mj-style>
      :root { color-scheme: light dark; supported-color-schemes: light dark; }
      a { color: ${BRAND}; }
      @media (prefers-color-scheme: dark) {
        .page, .page > div { background: #171614 !important; }
        .sheet, .sheet > table { background: #22211e !important; }
        .ink div, .ink div a, .ink h1 { color: #f4f1ea !important; }
        .quiet div, .quiet div a { color: #b9b5aa !important; }
        .button td, .button a { background: #d9e6dd !important; color: #17211d !important; }
      }
    </mj-style>
  </mj-head>
  <mj-body background-color="${GROUND}" css-class="page">
    <mj-section padding="28px 0 20px">
      <mj-column>
        <mj-text align="center" font-size="15px" font-weight="600" letter-spacing="1px" css-class="ink">${SHOP_NAME}</mj-text>
      </mj-column>
    </mj-section>
${body}
    <mj-section padding="24px 0 40px">
      <mj-column>
        <mj-text align="center" font-size="13px" line-height="21px" color="${QUIET}" css-class="quiet">You get this because you asked ${SHOP_NAME} for ideas and offers.<br />
          <a href="{{ unsubscribe_url }}" style="color:${QUIET}">Unsubscribe or choose what you hear about</a> · <a href="{{ view_in_browser_url }}" style="color:${QUIET}">View in browser</a><br />
          ${SHOP_NAME} · {{ brand.postalAddress }}</mj-text>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>`;
}

/** The product's picture, name and price side by side, on a phone as well. */
const CARDS = `    <mj-raw>{% for product in products %}</mj-raw>
    <mj-section mj-class="sheet" css-class="sheet" padding="0 40px 12px">
      <mj-group>
        <mj-column width="26%" vertical-align="middle">
          <mj-image src="{{ product.image_url }}" href="{{ product.url }}" alt="{{ product.name }}" width="104px" align="left" padding="0" border-radius="10px" />
        </mj-column>
        <mj-column width="50%" vertical-align="middle">
          <mj-text padding="0 16px" css-class="ink"><a href="{{ product.url }}" style="color:${INK};text-decoration:none;font-weight:600">{{ product.name }}</a></mj-text>
          <mj-text padding="2px 16px 0" font-size="14px" line-height="21px" color="${QUIET}" css-class="quiet">{{ product.variant }}{% if product.quantity > 1 %} · {{ product.quantity }} pieces{% endif %}</mj-text>
        </mj-column>
        <mj-column width="24%" vertical-align="middle">
          <mj-text padding="0" align="right" css-class="ink">{{ product.price | money: "${CURRENCY}" }}</mj-text>
        </mj-column>
      </mj-group>
    </mj-section>
    <mj-raw>{% endfor %}</mj-raw>
`;

const button = (
  href: string,
  label: string,
): string => `    <mj-section mj-class="sheet" css-class="sheet" border-radius="0 0 16px 16px" padding="12px 0 44px">
      <mj-column>
        <mj-button href="${href}" align="left" background-color="${BRAND}" color="#ffffff" font-size="16px" font-weight="600" border-radius="10px" inner-padding="15px 28px" padding="8px 40px 0" css-class="button">${label}</mj-button>
      </mj-column>
    </mj-section>
`;

const heading = (
  text: string,
  line: string,
): string => `    <mj-section mj-class="sheet" css-class="sheet" border-radius="16px 16px 0 0" padding="44px 0 24px">
      <mj-column>
        <mj-text css-class="ink" padding="0 40px 14px"><h1 style="margin:0;font-size:30px;line-height:37px;font-weight:600;letter-spacing:-.4px">${text}</h1></mj-text>
        <mj-text css-class="ink">${line}</mj-text>
      </mj-column>
    </mj-section>
`;

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
      mjml: letter({
        title: 'Your cart is waiting',
        body:
          heading(
            'Still thinking it over, {{ profile.firstName | default: "friend" }}?',
            'We kept your cart just as you left it. Pick it up again on any device, whenever it suits you.',
          ) +
          CARDS +
          button(`${shopUrl}cart`, 'Return to your cart'),
      }),
    },
    {
      name: WELCOME_TEMPLATE,
      channel: 'email',
      subject: 'Welcome to ' + SHOP_NAME + ', {{ profile.firstName | default: "friend" }}',
      preheader: 'Good things for slow mornings and long suppers.',
      mjml: letter({
        title: `Welcome to ${SHOP_NAME}`,
        body:
          heading(
            'Good to meet you, {{ profile.firstName | default: "friend" }}',
            'We make and find quiet, useful things for the house. Your cart and wish list follow you from phone to laptop, and you will hear from us only when there is something worth saying.',
          ) + button(shopUrl, 'Look around'),
      }),
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

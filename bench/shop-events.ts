import { randomBytes } from 'node:crypto';

const NAMES = [
  'Product Viewed',
  'Product Viewed',
  'Product Viewed',
  'Product List Viewed',
  'Product Added',
  'Product Added',
  'Checkout Started',
  'Order Completed',
];
const CATEGORIES = ['shoes', 'shirts', 'coats', 'bags', 'hats', 'socks'];

const run = randomBytes(4).toString('hex');
let serial = 0;

/** An identify call, by which a profile becomes known. */
export function identifyEventJson(index: number, timestamp: string): string {
  return JSON.stringify({
    type: 'identify',
    messageId: `bench-${run}-${serial++}`,
    userId: `customer-${index}`,
    anonymousId: `device-${run}-${index}`,
    timestamp,
    traits: {
      email: `customer-${index}@example.com`,
      firstName: 'Kim',
      plan: index % 3 === 0 ? 'plus' : 'basic',
      orders: index % 7,
    },
  });
}

/** An event with gaps where the customer, the message id and the time go: writing JSON is not what is measured. */
interface Form {
  readonly head: string;
  readonly tail: string;
}

const forms: readonly Form[] = Array.from({ length: 2_000 }, (_, n) => {
  const json = JSON.stringify(shopEvent(n));
  return { head: json.slice(0, -1), tail: '}' };
});

/** One e-commerce event of a customer as JSON, 1 to 2 KB. */
export function shopEventJson(index: number, timestamp: string): string {
  const n = serial++;
  const form = forms[n % forms.length]!;
  return `${form.head},"messageId":"bench-${run}-${n}","userId":"customer-${index}","anonymousId":"device-${run}-${index}","timestamp":"${timestamp}"${form.tail}`;
}

/** One e-commerce event of Segment's V2 spec. */
function shopEvent(n: number): object {
  const name = NAMES[n % NAMES.length]!;
  const lines = name === 'Product Viewed' ? 1 : 3;
  return {
    type: 'track',
    event: name,
    properties: {
      ...(name === 'Order Completed'
        ? { order_id: `o-${n}`, total: 120.5, revenue: 110, tax: 10.5, currency: 'EUR' }
        : {}),
      ...(name === 'Product Added' ? { cart_id: `cart-${n}` } : {}),
      currency: 'EUR',
      value: 40 + (n % 60),
      ...product(n),
      ...(lines > 1 ? { products: Array.from({ length: lines }, (_, line) => product(n + line)) } : {}),
    },
    context: {
      library: { name: '@segment/analytics-node', version: '3.1.0' },
      locale: 'en-GB',
      timezone: 'Europe/Madrid',
      page: {
        path: `/products/${n % 500}`,
        title: 'A product of the shop',
        url: `https://shop.example/products/${n % 500}?ref=home`,
        referrer: 'https://shop.example/',
      },
      campaign: { name: 'autumn', source: 'newsletter', medium: 'email' },
      userAgent:
        'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36',
    },
  };
}

function product(n: number): object {
  const id = n % 500;
  return {
    product_id: `p-${id}`,
    sku: `SKU-${id}-${n % 4}`,
    category: CATEGORIES[id % CATEGORIES.length],
    name: `Everyday item number ${id}`,
    brand: 'House',
    variant: ['small', 'medium', 'large'][n % 3],
    price: 19.9 + (id % 80),
    quantity: 1 + (n % 2),
    position: n % 24,
    url: `https://shop.example/products/${id}`,
    image_url: `https://cdn.shop.example/images/${id}/main.jpg`,
  };
}

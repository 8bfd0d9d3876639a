import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  ECOMMERCE_EVENTS,
  ecommerceNameOf,
  type EcommerceEvent,
  type EcommerceProperties,
  readEcommerceEvent,
} from './ecommerce.ts';

const product = {
  product_id: '507f1f77bcf86cd799439011',
  sku: '45790-32',
  category: 'Games',
  name: 'Monopoly: 3rd Edition',
  brand: 'Hasbro',
  variant: '200 pieces',
  price: 19,
  quantity: 1,
  coupon: 'MAYDEALS',
  position: 1,
  url: 'https://www.example.com/product/path',
  image_url: 'https://www.example.com/product/path.jpg',
};

describe('Segment’s e-commerce events', () => {
  it('are those of the specification, by their exact names', () => {
    expect(Object.keys(ECOMMERCE_EVENTS)).toEqual([
      'Products Searched',
      'Product List Viewed',
      'Product List Filtered',
      'Promotion Viewed',
      'Promotion Clicked',
      'Product Clicked',
      'Product Viewed',
      'Product Added',
      'Product Removed',
      'Cart Viewed',
      'Checkout Started',
      'Checkout Step Viewed',
      'Checkout Step Completed',
      'Payment Info Entered',
      'Order Completed',
      'Order Updated',
      'Order Cancelled',
      'Order Refunded',
      'Coupon Entered',
      'Coupon Applied',
      'Coupon Removed',
      'Coupon Denied',
      'Product Added to Wishlist',
      'Product Removed from Wishlist',
      'Wishlist Product Added to Cart',
      'Product Shared',
      'Cart Shared',
      'Product Reviewed',
    ]);
  });

  it.each(Object.keys(ECOMMERCE_EVENTS))('%s may say nothing, null, and more than the specification knows', (name) => {
    expect(readEcommerceEvent(name, {}).ok).toBe(true);
    expect(readEcommerceEvent(name, undefined).ok).toBe(true);
    const fields = Object.keys(ECOMMERCE_EVENTS[name as keyof typeof ECOMMERCE_EVENTS].shape);
    expect(readEcommerceEvent(name, Object.fromEntries(fields.map((field) => [field, null]))).ok).toBe(true);
    expect(readEcommerceEvent(name, { gift_wrap: { ribbon: 'red' } })).toEqual({
      ok: true,
      event: { name, properties: { gift_wrap: { ribbon: 'red' } } },
    });
  });

  it('are read with the types they have', () => {
    const properties = { order_id: 50314, checkout_id: 'c', total: 27.5, currency: 'USD', products: [product] };
    const read = readEcommerceEvent('Order Completed', properties);
    expect(read).toEqual({
      ok: true,
      event: { name: 'Order Completed', properties: { ...properties, order_id: '50314' } },
    });
    if (!read.ok || read.event.name !== 'Order Completed') throw new Error('not read');
    expectTypeOf(read.event.properties.total).toEqualTypeOf<number | null | undefined>();
    expectTypeOf<EcommerceProperties<'Product Added'>['cart_id']>().toEqualTypeOf<string | null | undefined>();
    expectTypeOf<EcommerceEvent['name']>().toEqualTypeOf<keyof typeof ECOMMERCE_EVENTS>();
  });

  it('name every field at fault, and what to do about it', () => {
    const bad = { order_id: {}, total: '27.50', currency: 978, products: [product, { price: '19' }, 'x'] };
    expect(readEcommerceEvent('Order Completed', bad)).toEqual({
      ok: false,
      faults: [
        { field: 'order_id', message: 'send a text' },
        { field: 'total', message: 'send a number, without quotes' },
        { field: 'currency', message: 'send a text' },
        { field: 'products[1].price', message: 'send a number, without quotes' },
        { field: 'products[2]', message: 'send an object for each product' },
      ].toSorted((a, b) => order(a.field) - order(b.field)),
    });
    expect(readEcommerceEvent('Cart Viewed', [])).toEqual({
      ok: false,
      faults: [{ field: '', message: 'send an object' }],
    });
  });

  it('are known by their older names too, and nothing else is', () => {
    expect(ecommerceNameOf('Completed Order')).toBe('Order Completed');
    expect(ecommerceNameOf('Viewed Product Category')).toBe('Product List Viewed');
    for (const name of ['order completed', 'Signed Up', '', 'constructor', '__proto__', 'toString'])
      expect(ecommerceNameOf(name)).toBeUndefined();
    expect(readEcommerceEvent('Signed Up', {})).toMatchObject({ ok: false, faults: [{ field: 'event' }] });
  });
});

/** Faults come in the order in which the schema lists its fields. */
function order(field: string): number {
  return Object.keys(ECOMMERCE_EVENTS['Order Completed'].shape).indexOf(field.split('[')[0]!);
}

import { createJourneySchema, createTemplateSchema, findGraphFaults, segmentRuleSchema } from '@segue/contract';
import { describe, expect, test } from 'vitest';
import { CURRENCY, PRODUCTS } from './catalogue.data.ts';
import { JOURNEYS, SEGMENTS, templates } from './shop-content.data.ts';

const templateIds = new Map(
  templates('http://127.0.0.1:4101/shop/').map(({ name }, index) => [name, `tpl_${String(index).padStart(32, '0')}`]),
);

describe('what the shop is furnished with fits the API', () => {
  test.each(SEGMENTS)('segment $name', ({ rule }) => {
    expect(segmentRuleSchema.safeParse(rule).error?.issues ?? []).toEqual([]);
  });

  test.each(templates('http://127.0.0.1:4101/shop/'))('template $name', (template) => {
    expect(createTemplateSchema.safeParse(template).error?.issues ?? []).toEqual([]);
  });

  test.each(JOURNEYS)('journey $name can be published', ({ name, graph }) => {
    const parsed = createJourneySchema.parse({ name, graph: graph(templateIds) });
    expect(findGraphFaults(parsed.graph)).toEqual([]);
  });
});

test('the catalogue has forty different products with a price', () => {
  expect(PRODUCTS).toHaveLength(40);
  expect(new Set(PRODUCTS.map(({ id }) => id)).size).toBe(40);
  expect(new Set(PRODUCTS.map(({ name }) => name)).size).toBe(40);
  expect(PRODUCTS.every(({ priceMinor }) => Number.isInteger(priceMinor) && priceMinor > 0)).toBe(true);
  expect(CURRENCY).toMatch(/^[A-Z]{3}$/);
});

import type { Migration } from '../../../platform/postgres/index.ts';
import createCatalog from './20261128T1000_create-catalog.sql?raw';
import noteSaleChanges from './20261128T1612_note-sale-changes.sql?raw';
import createSearchWords from './20261128T1613_create-search-words.sql?raw';
import createProductFeeds from './20261129T1100_create-product-feeds.sql?raw';

export const catalogMigrations: readonly Migration[] = [
  { id: '20261128T1000_create-catalog', sql: createCatalog },
  { id: '20261128T1612_note-sale-changes', sql: noteSaleChanges },
  { id: '20261128T1613_create-search-words', sql: createSearchWords },
  { id: '20261129T1100_create-product-feeds', sql: createProductFeeds },
];

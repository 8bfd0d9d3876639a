import type { Migration } from '../../../platform/postgres/index.ts';
import createMessages from './20261122T1030_create-messages.sql?raw';
import addWebView from './20261123T1130_add-web-view.sql?raw';
import addLessOften from './20261124T1051_add-less-often.sql?raw';
import addAddressNode from './20261124T1045_add-address-node.sql?raw';
import createSendSpending from './20261129T0920_create-send-spending.sql?raw';
import addInlineMessages from './20261129T0910_add-inline-messages.sql?raw';
import widenPolicy from './20261129T0900_widen-policy.sql?raw';
import addPromotedProducts from './20261128T1700_add-promoted-products.sql?raw';

export const messagingMigrations: readonly Migration[] = [
  { id: '20261122T1030_create-messages', sql: createMessages },
  { id: '20261123T1130_add-web-view', sql: addWebView },
  { id: '20261124T1045_add-address-node', sql: addAddressNode },
  { id: '20261128T1700_add-promoted-products', sql: addPromotedProducts },
  { id: '20261124T1051_add-less-often', sql: addLessOften },
  { id: '20261129T0900_widen-policy', sql: widenPolicy },
  { id: '20261129T0910_add-inline-messages', sql: addInlineMessages },
  { id: '20261129T0920_create-send-spending', sql: createSendSpending },
];

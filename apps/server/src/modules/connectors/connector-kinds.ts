import type { Connector, ConnectorKind } from './connector.ts';
import { dropConnector } from './drop/drop-connector.ts';
import { posConnector } from './pos/pos-connector.ts';
import { shopifyConnector } from './shopify/shopify-connector.ts';
import { wooConnector } from './woocommerce/woo-connector.ts';

const CONNECTORS: Readonly<Record<ConnectorKind, Connector>> = {
  shopify: shopifyConnector,
  woocommerce: wooConnector,
  pos: posConnector,
  drop: dropConnector,
};

export function connectorOf(kind: ConnectorKind): Connector {
  return CONNECTORS[kind];
}

import { readFileSync } from 'node:fs';
import type { Json, JsonObject } from '../../../platform/json.ts';
import type { ConnectorSettings, NormaliseContext } from '../connector.ts';

/** A payload of a shop as it came: `shopify/order.json`. */
export function fixture(name: string): Buffer {
  return readFileSync(new URL(name, import.meta.url));
}

export function fixtureJson(name: string): JsonObject {
  return JSON.parse(fixture(name).toString('utf8')) as JsonObject;
}

export const bodyOf = (value: Json): Buffer => Buffer.from(JSON.stringify(value));

export const SETTINGS: ConnectorSettings = {
  currency: 'USD',
  channel: 'shopify',
  matchCustomerIds: false,
  pushesStock: false,
  consentTopic: 'marketing',
  truth: undefined,
  apiVersion: '2026-10',
  apiUrl: 'https://snowdevil.myshopify.com',
  hookUrl: undefined,
};

export const RECEIVED_AT = Date.UTC(2026, 10, 23, 12);

export const CONTEXT: NormaliseContext = {
  settings: SETTINGS,
  triggeredAtMs: undefined,
  receivedAtMs: RECEIVED_AT,
};

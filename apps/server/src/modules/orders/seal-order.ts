import { open, seal, type WorkspaceKeys } from '../../platform/crypto/index.ts';
import type { Who } from '../events/index.ts';
import type { Address } from './order-input.ts';

/** The customer's identifiers as they lie with an order; undefined: none were told. */
export function sealWho({ wrapping }: Pick<WorkspaceKeys, 'wrapping'>, who: Who): Buffer | undefined {
  const isNamed = Object.values(who).some((value) => value !== undefined);
  return isNamed ? seal(wrapping, JSON.stringify(who)) : undefined;
}

export function openWho(wrapping: Buffer, sealed: Buffer): Who {
  return JSON.parse(open(wrapping, sealed).toString('utf8')) as Who;
}

export interface Addresses {
  readonly shipTo?: Address | undefined;
  readonly billTo?: Address | undefined;
}

/** Undefined: none were told. */
export function sealAddresses(
  { wrapping }: Pick<WorkspaceKeys, 'wrapping'>,
  { shipTo, billTo }: Addresses,
): Buffer | undefined {
  return shipTo === undefined && billTo === undefined ? undefined : seal(wrapping, JSON.stringify({ shipTo, billTo }));
}

export function openAddresses(wrapping: Buffer, sealed: Buffer | null): Addresses {
  return sealed === null ? {} : (JSON.parse(open(wrapping, sealed).toString('utf8')) as Addresses);
}

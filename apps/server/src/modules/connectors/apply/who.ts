import { blindHash, open, seal, type WorkspaceKeys } from '../../../platform/crypto/index.ts';
import type { Who } from '../../events/index.ts';
import type { Identifier, IdentifierReader } from '../../profiles/index.ts';
import type { ShopWho } from '../customer-record.ts';

/** Whom a shop names, by what is believed of her. A customer's id is one of ours only where the workspace says so. Pure. */
export function whoOf(who: ShopWho, { matchCustomerIds }: { readonly matchCustomerIds: boolean }): Who {
  const { customerId, email, phone, anonymousId, loyaltyId } = who;
  return {
    ...(matchCustomerIds && customerId !== undefined && { userId: customerId }),
    ...(anonymousId !== undefined && { anonymousId }),
    ...(email !== undefined && { email }),
    ...(phone !== undefined && { phone }),
    ...(loyaltyId !== undefined && { externalIds: [{ id: loyaltyId, type: 'loyaltyId' }] }),
  };
}

export function isSomebody(who: Who): boolean {
  return Object.keys(who).length > 0;
}

/** What is known from both; where they differ, the first one counts. Pure. */
export function joinWho(first: ShopWho, second: ShopWho | undefined): ShopWho {
  if (second === undefined) return first;
  return {
    customerId: first.customerId ?? second.customerId,
    email: first.email ?? second.email,
    phone: first.phone ?? second.phone,
    anonymousId: first.anonymousId ?? second.anonymousId,
    loyaltyId: first.loyaltyId ?? second.loyaltyId,
  };
}

export function sealWho(keys: WorkspaceKeys, who: ShopWho): Buffer {
  return seal(keys.wrapping, JSON.stringify(who));
}

export function openWho(keys: WorkspaceKeys, sealed: Buffer): ShopWho {
  const who = JSON.parse(open(keys.wrapping, sealed).toString('utf8')) as Partial<ShopWho>;
  return { customerId: undefined, email: undefined, phone: undefined, anonymousId: undefined, ...who };
}

/** How rows that name her are found again when she asks for what is known of her. */
export function whoHashes(
  { keys, reader }: { readonly keys: WorkspaceKeys; readonly reader: IdentifierReader },
  who: ShopWho,
): Buffer[] {
  const said = [
    reader.read('userId', who.customerId),
    reader.read('anonymousId', who.anonymousId),
    reader.read('email', who.email),
    reader.read('phone', who.phone),
    reader.read('loyaltyId', who.loyaltyId),
  ];
  return said.flatMap((identifier) => (identifier === undefined ? [] : [hashOfIdentifier(keys, identifier)]));
}

export function hashOfIdentifier(keys: WorkspaceKeys, { kind, value }: Pick<Identifier, 'kind' | 'value'>): Buffer {
  return blindHash(keys.blind, `connector who\n${kind}\n${value}`);
}

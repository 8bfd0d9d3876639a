import { announce, type Announcement } from '../../events/index.ts';
import type { ShopCustomer } from '../customer-record.ts';
import { believes } from '../settings.ts';
import { type Applying, ownerOf } from './applying.ts';
import { dropCustomers, holdCustomers, putCustomers, type ShopCustomerRow } from './customer-store.ts';
import { hashOf, messageIdOf } from './hash-of.ts';
import { isConsentAlone, type Told } from './sort-records.ts';
import { isSomebody, sealWho, whoHashes, whoOf } from './who.ts';

/** Tells of customers what is new: who they are, and what they said about being written to. */
export async function applyCustomers(applying: Applying, told: readonly Told<ShopCustomer>[]): Promise<void> {
  if (told.length === 0 || !believes(applying.settings, 'customers')) return;
  const { ctx } = applying;
  const of = ownerOf(applying);
  const known = await holdCustomers(
    ctx.sql,
    of,
    told.map(({ id, value }) => value?.id ?? id),
  );
  const rows: ShopCustomerRow[] = [];
  const events: Announcement[] = [];
  const gone: string[] = [];
  for (const { id, atMs, value: customer } of told) {
    if (customer === undefined) {
      gone.push(id);
      continue;
    }
    const kind = isConsentAlone(customer) ? 'consent' : 'customer';
    const before = known.get(`${kind}:${customer.id}`);
    if (before !== undefined && before.atMs >= atMs) continue;
    const { atMs: _atMs, ...said } = customer;
    const hash = Buffer.from(hashOf(said), 'hex');
    rows.push({
      ...{ kind, external_id: customer.id, version_at: new Date(atMs), hash },
      ...{ who: sealWho(applying.keys, customer.who), who_hashes: whoHashes(applying, customer.who) },
    });
    // Touched, and nothing said.
    if (before === undefined || !before.hash.equals(hash)) events.push(...eventsOf(applying, customer));
  }
  await putCustomers(ctx.sql, of, rows);
  await dropCustomers(ctx.sql, of, gone);
  await announce(ctx, applying.eventSource, events);
}

function eventsOf({ connector, settings }: Applying, customer: ShopCustomer): Announcement[] {
  const who = whoOf(customer.who, settings);
  if (!isSomebody(who)) return [];
  const { id, atMs, traits } = customer;
  const identify: Announcement[] = isConsentAlone(customer)
    ? []
    : [
        {
          type: 'identify',
          messageId: messageIdOf('cni', connector.source, id, atMs, hashOf(customer)),
          ...{ occurredAtMs: atMs, traits, who },
        },
      ];
  const consents = customer.consents.map(({ channel, status, atMs: saidAtMs, level }): Announcement => ({
    type: 'track',
    // The same word comes with the customer and by itself.
    messageId: messageIdOf('cnw', connector.source, id, channel, status, saidAtMs, settings.consentTopic),
    event: 'Consent Updated',
    occurredAtMs: saidAtMs,
    properties: {
      ...{ channel, status, topic: settings.consentTopic, source: connector.kind },
      ...(level !== undefined && { opt_in_level: level }),
    },
    who,
  }));
  return [...identify, ...consents];
}

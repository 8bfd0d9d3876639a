import { ALERT_EVENTS } from '@segue/contract';
import type { SubjectBatch } from '../../../../platform/eventlog/index.ts';
import { placedUuid, publicId } from '../../../../platform/ids/index.ts';
import type { JsonObject } from '../../../../platform/json.ts';
import { anchorNode } from '../../../profiles/index.ts';
import type { AlertRun } from '../run-store.ts';
import { insertTellings, type TellingRow } from './telling-store.ts';

/** Whom to tell what. */
export interface News extends Pick<
  TellingRow,
  'alertId' | 'profileId' | 'node' | 'channel' | 'priceMinor' | 'currency' | 'dueAt'
> {
  /** Tells apart what one customer is told of one edge: how often an alert was told before. */
  readonly round: number;
  readonly properties: JsonObject;
}

/**
 * Says of customers, whose profiles are locked, what came true: once, though it is said again of the same edge. The event is
 * Segue's own: it needs no identifier to find its profile, so that it reaches whoever asked by a device alone, too.
 */
export async function tellCustomers(
  batch: SubjectBatch,
  run: AlertRun,
  news: readonly News[],
): Promise<{ told: readonly News[] }> {
  const rows = news.map(({ round, properties: _properties, ...one }): TellingRow => {
    const { type, variantId, locationId, edge } = run;
    // An alert is told of an edge once whoever's it is by now; who holds it is told once as well.
    const whom = one.alertId ?? one.profileId;
    const name = ['telling', batch.workspaceId, whom, variantId, type, locationId ?? '', edge, round].join(' ');
    return { ...one, id: placedUuid(run.openedAt.getTime(), name), variantId, locationId, type, edge };
  });
  const fresh = await insertTellings(batch.sql, batch.workspaceId, { tellings: rows, at: new Date(batch.now) });
  const told = news.filter((one, at) => {
    const row = rows[at]!;
    const subject = batch.subjects.get(one.profileId);
    if (!fresh.has(row.id) || subject === undefined) return false;
    batch.emit({
      id: row.id,
      subjectId: subject.id,
      node: anchorNode(subject),
      name: ALERT_EVENTS[run.type],
      occurredAt: batch.now,
      properties: {
        ...one.properties,
        alert_type: run.type,
        ...(one.alertId !== null && { alert_id: publicId('alt', one.alertId) }),
        ...(run.locationId !== null && { location_id: publicId('loc', run.locationId) }),
      },
    });
    return true;
  });
  return { told };
}

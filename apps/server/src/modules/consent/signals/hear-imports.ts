import { causedId, type EventBatch, INTAKE_LOG, type LoggedEvent } from '../../../platform/eventlog/index.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../platform/json.ts';
import { CONSENT_IMPORTED } from './import-consents.ts';
import { openSealed } from './open-sealed.ts';
import { sayWords, type SignalWord } from './say-words.ts';

/** Whether an event is a row of an import: those are Segue's own, under whatever identifier the row named. Pure. */
export function isImported(event: LoggedEvent): boolean {
  return event.type === 'internal' && event.log === INTAKE_LOG && event.name === CONSENT_IMPORTED;
}

/** Records what imported rows say, at the time they say: an older word never outranks a later one. */
export async function hearImports(batch: EventBatch, finals: ReadonlyMap<string, string>): Promise<void> {
  const entries = batch.entries.filter(({ event }) => isImported(event));
  if (entries.length === 0) return;
  const opened = await openSealed(
    batch,
    entries.map(({ event }) => event),
  );
  const words = entries.flatMap(({ event, subject }): SignalWord[] => {
    const node = event.nodes[0];
    if (subject === undefined || node === undefined) return [];
    return [{ ...readRow(event, opened.get(event)), node, profileId: finals.get(subject.id) ?? subject.id }];
  });
  await sayWords(batch, words);
}

function readRow(event: LoggedEvent, personal: JsonObject | undefined) {
  const properties = event.payload.properties ?? {};
  const sealed = personal?.['properties'];
  const channel = textOf(properties['channel']) ?? '';
  const topic = textOf(properties['topic']) ?? '';
  return {
    channel,
    topic,
    status: properties['status'] === 'granted' ? ('granted' as const) : ('denied' as const),
    occurredAt: event.occurredAt,
    source: textOf(properties['source']) ?? 'import',
    isConfirmed: properties['confirmed'] === true,
    addressHash: textOf(properties['address_hash']),
    proof: {
      text: textOf(properties['text']),
      url: textOf(properties['url']),
      ip: isJsonObject(sealed) ? textOf(sealed['ip']) : undefined,
    },
    eventId: causedId('import', event.id),
  };
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

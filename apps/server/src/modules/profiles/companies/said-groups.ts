import { blindHash, open, seal, type WorkspaceKeys } from '../../../platform/crypto/index.ts';
import type { EventBatch, LoggedEvent, Subject } from '../../../platform/eventlog/index.ts';
import { uuidText } from '../../../platform/ids/index.ts';
import type { JsonObject } from '../../../platform/json.ts';
import { openNodeKeys } from '../node-directory.ts';
import { type CompanyState, type Membership, readGroup, type SealedValue } from './company-state.ts';

/** One group call: of which company it speaks, what it says of it, and of the profile in it. */
export interface SaidGroup {
  readonly subject: Subject;
  readonly event: LoggedEvent;
  readonly groupKey: string;
  readonly company: CompanyState;
  readonly membership: Membership;
}

/** The blind index of a groupId, as it is stored. */
export function groupKeyOf(keys: WorkspaceKeys, groupId: string): string {
  return uuidText(blindHash(keys.blind, `groupId\n${groupId}`));
}

/** The group calls of the batch. One query where some of them hold personal values, else none. */
export async function readSaidGroups(batch: EventBatch): Promise<SaidGroup[]> {
  const groups = batch.entries.filter(({ event, subject }) => event.type === 'group' && subject !== undefined);
  if (groups.length === 0) return [];
  const keys = await batch.keysOf(batch.workspaceId);
  const sealing = groups.filter(({ event }) => event.sealed !== '').map(({ event }) => event.nodes[0]!.id);
  const nodeKeys = await openNodeKeys({ sql: batch.sql, workspaceId: batch.workspaceId, keys }, sealing);
  return groups.flatMap(({ event, subject }) => {
    const said = readSaidGroup(event, { keys, nodeKey: nodeKeys.get(event.nodes[0]!.id) });
    return said === undefined ? [] : [{ ...said, event, subject: subject! }];
  });
}

/** Undefined when the groupId itself was personal and its key is gone. */
function readSaidGroup(
  event: LoggedEvent,
  { keys, nodeKey }: { keys: WorkspaceKeys; nodeKey: Buffer | undefined },
): Omit<SaidGroup, 'event' | 'subject'> | undefined {
  const sealed = openSealed(event, nodeKey);
  const clearId = event.payload.properties?.['groupId'];
  const sealedId = sealed.properties?.['groupId'];
  const value = typeof clearId === 'string' ? clearId : sealedId;
  if (typeof value !== 'string' || value === '') return undefined;
  const { company, personal, membership } = readGroup({
    atMs: event.occurredAt,
    groupId: { value, isPersonal: typeof clearId !== 'string' },
    traits: event.payload.traits ?? {},
    personal: sealed.traits ?? {},
  });
  const keep = (inner: unknown): SealedValue => [
    // There are personal values only where there was a key to open them.
    seal(nodeKey!, JSON.stringify(inner)).toString('base64'),
    event.occurredAt,
    event.nodes[0]!.id,
  ];
  return {
    groupKey: groupKeyOf(keys, value),
    company: {
      ...company,
      personal: {
        ...(company.groupId === undefined ? { groupId: keep(value) } : {}),
        traits: Object.fromEntries(Object.entries(personal).map(([name, inner]) => [name, keep(inner)])),
      },
    },
    membership,
  };
}

function openSealed(
  event: LoggedEvent,
  nodeKey: Buffer | undefined,
): { properties?: JsonObject | undefined; traits?: JsonObject | undefined } {
  if (event.sealed === '' || nodeKey === undefined) return {};
  return JSON.parse(open(nodeKey, Buffer.from(event.sealed, 'base64')).toString('utf8')) as {
    properties?: JsonObject;
    traits?: JsonObject;
  };
}

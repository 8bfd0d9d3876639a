import { seal } from '../../../platform/crypto/index.ts';
import type { Stage } from '../../../platform/eventlog/index.ts';
import { type LogProcess, storedEvent } from '../../../platform/eventlog/testing/log-process.ts';
import type { JsonObject } from '../../../platform/json.ts';
import { type Identifier, normaliseIdentifier, rankIdentifiers } from '../identifier.ts';
import { companiesStage } from '../companies/companies-stage.ts';
import { createIdentityStage } from '../identity-stage.ts';
import { NodeDirectory } from '../node-directory.ts';
import type { ProfileReader } from '../read-profile.ts';
import { createTraitsStage } from '../traits-stage.ts';

/** `email:ada@shop.example`, as many as the event carries. */
export type Said = readonly string[];

export interface SaidEvent {
  readonly by: Said;
  readonly type?: 'identify' | 'track' | 'group';
  readonly name?: string;
  readonly properties?: JsonObject;
  readonly atMs?: number;
  readonly traits?: JsonObject;
  /** Traits that intake seals. */
  readonly personal?: JsonObject;
  /** Properties that intake seals. */
  readonly personalProperties?: JsonObject;
  /** False: an email or phone is only claimed. */
  readonly isTrusted?: boolean;
}

/** A process that recognises customers of one workspace: what intake, identity and traits do, without their loops. */
export interface ProfileWorld extends ProfileReader {
  readonly clock: { now(): number };
  readonly process: LogProcess;
  readonly stages: readonly Stage[];
  /** Appends events as intake would; nothing is processed yet. Answers their message ids. */
  say(...events: readonly SaidEvent[]): Promise<string[]>;
  run(eventsMax?: number): Promise<number>;
}

export function identifiersOf(said: Said): Identifier[] {
  const found = said.map((text) => {
    const [kind, ...value] = text.split(':');
    return normaliseIdentifier(kind as Identifier['kind'], value.join(':'))!;
  });
  return rankIdentifiers(found);
}

function claimsOf(identifiers: readonly Identifier[]): number[] {
  return identifiers.flatMap(({ kind }, place) => (kind === 'email' || kind === 'phone' ? [place] : []));
}

/** A workspace as one process sees it. */
export function profileWorldOn(process: LogProcess, workspaceId: number): ProfileWorld {
  const { services } = process;
  const directory = new NodeDirectory(services.postgres, services.keysOf);
  const stages = [createIdentityStage(), createTraitsStage(services.keysOf), companiesStage];
  return {
    process,
    stages,
    workspaceId,
    clock: services.clock,
    sql: services.postgres,
    keysOf: services.keysOf,
    async say(...events) {
      const identified = events.map((event) => ({ ...event, identifiers: identifiersOf(event.by) }));
      await directory.ensure(
        identified.flatMap((e) => e.identifiers.map((identifier) => ({ workspaceId, identifier }))),
      );
      const strongest = identified.map(({ identifiers }) => directory.find(workspaceId, identifiers[0]!)!.id);
      await directory.ensureKeys(workspaceId, strongest);
      const placed = identified.map((event) => {
        const { identifiers, type = 'track', personal, personalProperties, properties, traits, name, atMs } = event;
        const nodes = identifiers.map((identifier) => directory.find(workspaceId, identifier)!);
        const claims = event.isTrusted === false ? claimsOf(identifiers) : [];
        const { id, lane } = nodes[0]!;
        const key = directory.keyOf(id);
        const sealed =
          (personal === undefined && personalProperties === undefined) || key === undefined
            ? ''
            : seal(key, JSON.stringify({ traits: personal, properties: personalProperties })).toString('base64');
        const stored = storedEvent({
          workspaceId,
          type,
          name: name ?? (type === 'track' ? 'Viewed' : ''),
          occurredAt: atMs ?? services.clock.now(),
          receivedAt: services.clock.now(),
          nodes: nodes.map(({ kind, id }) => ({ kind, id })),
          sealed,
          payload: {
            ...(properties && { properties }),
            ...(traits && { traits }),
            ...(claims.length > 0 && { claims }),
          },
        });
        return { lane, event: stored };
      });
      await process.append(placed);
      return placed.map(({ event }) => event.id);
    },
    run: (eventsMax) => process.process(stages, eventsMax),
  };
}

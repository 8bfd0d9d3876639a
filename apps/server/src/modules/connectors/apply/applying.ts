import type { WorkspaceKeys } from '../../../platform/crypto/index.ts';
import type { TxCtx } from '../../../platform/eventlog/index.ts';
import { ensureOwnSource } from '../../accounts/index.ts';
import { type IdentifierReader, identifierReaderOf } from '../../profiles/index.ts';
import type { ConnectorSettings } from '../connector.ts';
import type { ConnectorRow } from '../connector-store.ts';
import type { ShopPorts } from '../ports.ts';
import { settingsOf } from '../settings.ts';

/** One transaction in which what one connector told becomes true here. */
export interface Applying {
  readonly ctx: TxCtx;
  readonly connector: ConnectorRow;
  readonly settings: ConnectorSettings;
  readonly ports: ShopPorts;
  readonly keys: WorkspaceKeys;
  readonly reader: IdentifierReader;
  /** Events are told as those of the shop itself. */
  readonly eventSource: number;
}

/** Whose rows of the connector's own tables. */
export interface OfConnector {
  readonly workspaceId: number;
  readonly connectorId: string;
}

export async function beginApplying(ctx: TxCtx, connector: ConnectorRow, ports: ShopPorts): Promise<Applying> {
  const { workspaceId } = ctx;
  return {
    ...{ ctx, connector, ports, settings: settingsOf(connector) },
    keys: await ctx.keysOf(workspaceId),
    reader: await identifierReaderOf(ctx, workspaceId),
    eventSource: await ensureOwnSource(ctx, 'shop'),
  };
}

export function ownerOf({ connector }: Pick<Applying, 'connector'>): OfConnector {
  return { workspaceId: connector.workspace_id, connectorId: connector.id };
}

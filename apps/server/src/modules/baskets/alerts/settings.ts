import type { AlertSettings } from '@segue/contract';
import type { Sql } from '../../../platform/postgres/index.ts';
import { findSettings, upsertSettings } from './settings-store.ts';

export const DEFAULT_SETTINGS: AlertSettings = {
  waveFactor: 1.5,
  waveDelayMinutes: 60,
  settleMinutes: 0,
  lowStock: 3,
  attributionDays: 7,
};

export const MINUTE_MS = 60_000;
export const DAY_MS = 24 * 60 * MINUTE_MS;

/** How a workspace tells alerts. */
export async function readAlertSettings(sql: Sql, workspaceId: number): Promise<AlertSettings> {
  return (await findSettings(sql, workspaceId)) ?? DEFAULT_SETTINGS;
}

/** Changes what is given; answers all of it. */
export async function updateAlertSettings(
  sql: Sql,
  workspaceId: number,
  { changes, at }: { changes: { readonly [K in keyof AlertSettings]?: AlertSettings[K] | undefined }; at: Date },
): Promise<AlertSettings> {
  const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
  const settings = { ...(await readAlertSettings(sql, workspaceId)), ...given };
  await upsertSettings(sql, workspaceId, { settings, at });
  return settings;
}

/** The factor of a wave, in hundredths: exact. Pure. */
export function factorHundredths({ waveFactor }: AlertSettings): number {
  return Math.round(waveFactor * 100);
}

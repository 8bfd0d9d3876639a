import type { AlertSettings } from '@segue/contract';
import type { Sql } from '../../../platform/postgres/index.ts';

export async function findSettings(sql: Sql, workspaceId: number): Promise<AlertSettings | undefined> {
  const { rows } = await sql.query<{
    wave_factor_hundredths: number;
    wave_delay_minutes: number;
    settle_minutes: number;
    low_stock: number;
    attribution_days: number;
  }>({
    name: 'alert_settings_find',
    text: `select wave_factor_hundredths, wave_delay_minutes, settle_minutes, low_stock, attribution_days
           from alert_settings where workspace_id = $1`,
    values: [workspaceId],
  });
  const [row] = rows;
  return (
    row && {
      waveFactor: row.wave_factor_hundredths / 100,
      waveDelayMinutes: row.wave_delay_minutes,
      settleMinutes: row.settle_minutes,
      lowStock: row.low_stock,
      attributionDays: row.attribution_days,
    }
  );
}

export async function upsertSettings(
  sql: Sql,
  workspaceId: number,
  { settings, at }: { settings: AlertSettings; at: Date },
): Promise<void> {
  await sql.query({
    text: `insert into alert_settings (workspace_id, wave_factor_hundredths, wave_delay_minutes, settle_minutes, low_stock,
             attribution_days, updated_at) values ($1, $2, $3, $4, $5, $6, $7)
           on conflict (workspace_id) do update set wave_factor_hundredths = excluded.wave_factor_hundredths,
             wave_delay_minutes = excluded.wave_delay_minutes, settle_minutes = excluded.settle_minutes,
             low_stock = excluded.low_stock, attribution_days = excluded.attribution_days, updated_at = excluded.updated_at`,
    values: [
      ...[workspaceId, Math.round(settings.waveFactor * 100), settings.waveDelayMinutes, settings.settleMinutes],
      ...[settings.lowStock, settings.attributionDays, at],
    ],
  });
}

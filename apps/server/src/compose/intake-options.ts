import { openGeoIp } from '../modules/events/index.ts';
import { type Config, ConfigError } from '../platform/config/index.ts';
import type { HttpOptions } from './http.ts';

/** What the environment says about how events come in. Throws when the database of addresses cannot be read. */
export async function readIntakeOptions(config: Config): Promise<Pick<HttpOptions, 'intake' | 'trustProxy'>> {
  const { givenPublicUrl: publicUrl, intakeEventsPerSecondMax: eventsPerSecondMax, trustProxy, geoIpDb } = config;
  const locate = geoIpDb === undefined ? undefined : await openGeoIp(geoIpDb).catch(refuse);
  return { trustProxy, intake: { publicUrl, eventsPerSecondMax, locate } };
}

function refuse(cause: unknown): never {
  const reason = cause instanceof Error ? cause.message : String(cause);
  throw new ConfigError(`SEGUE_GEOIP_DB: cannot be read (${reason}); name a file in MaxMind's format, or leave it out`);
}

import type { Source } from '../../accounts/index.ts';

/** Where the events of a source go: this server, as the asker can reach it. */
export interface TrackingHost {
  readonly protocol: 'http' | 'https';
  /** Host, port and path before `/v1`. */
  readonly host: string;
}

/** Names and addresses with a port; nothing that could mean more in a URL. */
const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i;

/** The configured address; without one, the host the asker itself used. */
export function trackingHost(options: {
  publicUrl: string | undefined;
  request: { readonly protocol: string; readonly host: string };
}): TrackingHost | undefined {
  const { publicUrl, request } = options;
  if (publicUrl !== undefined) {
    const url = new URL(publicUrl);
    return {
      protocol: url.protocol === 'https:' ? 'https' : 'http',
      host: `${url.host}${url.pathname.replace(/\/+$/, '')}`,
    };
  }
  if (!HOST.test(request.host)) return undefined;
  return { protocol: request.protocol === 'https' ? 'https' : 'http', host: request.host };
}

/**
 * What analytics-next and Segment's mobile SDKs load before they send: `GET /v1/projects/:writeKey/settings`. Exactly one
 * integration, since more would make the browser SDK fetch legacy bundles from its CDN. Its performance metrics are off:
 * their default host is Segment's.
 */
export function segmentSettings(writeKey: string, { protocol, host }: TrackingHost) {
  const apiHost = `${host}/v1`;
  const enabled = { enabled: true };
  return {
    integrations: {
      'Segment.io': {
        apiKey: writeKey,
        apiHost,
        protocol,
        unbundledIntegrations: [],
        addBundledMetadata: true,
        versionSettings: { version: '4.4.7', componentTypes: ['browser'] },
      },
    },
    plan: {
      track: { __default: { ...enabled, integrations: {} } },
      identify: { __default: enabled },
      group: { __default: enabled },
    },
    metrics: { sampleRate: 0, host: apiHost },
    edgeFunction: {},
    middlewareSettings: {},
    enabledMiddleware: {},
    remotePlugins: [],
    legacyVideoPluginsEnabled: false,
    analyticsNextEnabled: true,
  };
}

/** What RudderStack's SDKs load before they send: `GET /sourceConfig`. A disabled source tells them to send nothing. */
export function rudderSourceConfig(writeKey: string, source: Source) {
  const off = { enabled: false };
  return {
    isHosted: true,
    source: {
      id: source.id,
      name: 'Segue',
      writeKey,
      enabled: source.isEnabled,
      workspaceId: source.id,
      config: { statsCollection: { errors: off, metrics: off } },
      connections: [],
      destinations: [],
      dataplanes: {},
    },
  };
}

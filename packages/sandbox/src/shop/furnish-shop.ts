import { findByName, type ApiClient } from './api-client.ts';
import { BRAND_SETTINGS, JOURNEYS, SEGMENTS, templates } from './shop-content.data.ts';

interface Named {
  readonly id: string;
  readonly name: string;
}

/** Whatever the API makes something of, by the name it is found under again. */
type NamedBody = object & Pick<Named, 'name'>;

/**
 * Gives the shop its brand, templates, segments and journeys over the public API. What has its name already is left as it is,
 * so this can be done again after a stop half-way.
 */
export async function furnishShop(api: ApiClient, shopUrl: string): Promise<void> {
  const brand = await api.get<{ postalAddress: string | null }>('/api/v1/brand');
  if (brand.postalAddress === null) await api.put('/api/v1/brand', BRAND_SETTINGS);
  const templateIds = new Map<string, string>();
  for (const template of templates(shopUrl)) {
    const { id } = await ensure(api, '/api/v1/templates', template);
    templateIds.set(template.name, id);
  }
  for (const segment of SEGMENTS) await ensure(api, '/api/v1/segments', segment);
  for (const { name, graph } of JOURNEYS) {
    const draft = { name, graph: graph(templateIds) };
    const journey = await ensure<Named & { state: string }>(api, '/api/v1/journeys', draft);
    if (journey.state === 'draft') await api.post(`/api/v1/journeys/${journey.id}/publish`);
  }
}

async function ensure<T extends Named = Named>(api: ApiClient, path: string, body: NamedBody): Promise<T> {
  return (await findByName<T>(api, path, body.name)) ?? api.post<T>(path, body);
}

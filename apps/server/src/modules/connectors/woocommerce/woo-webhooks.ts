import { idOf, textOf } from '../payload.ts';
import type { WooApi } from './woo-api.ts';
import { WOO_TOPICS } from './woo-connector.ts';

const PAGE_MOST = 100;

/** Sees to it that the shop sends every topic here: after five failures in a row it disables a webhook, and nobody says so. */
export async function mendWooWebhooks(
  api: WooApi,
  { hookUrl, secret }: { hookUrl: string; secret: string },
): Promise<string[]> {
  const there = new Map<string, { id: string; status: string | undefined }>();
  for (let page = 1; ; page++) {
    const { items } = await api.list('webhooks', { per_page: String(PAGE_MOST), page: String(page) });
    for (const one of items) {
      const id = idOf(one['id']);
      if (id !== undefined && one['delivery_url'] === hookUrl)
        there.set(textOf(one['topic']) ?? '', { id, status: textOf(one['status']) });
    }
    if (items.length < PAGE_MOST) break;
  }
  const mended: string[] = [];
  for (const topic of WOO_TOPICS) {
    const known = there.get(topic);
    if (known?.status === 'active') continue;
    if (known === undefined) {
      await api.send('POST', 'webhooks', {
        name: `Segue: ${topic}`,
        topic,
        delivery_url: hookUrl,
        secret,
        status: 'active',
      });
    } else await api.send('PUT', `webhooks/${known.id}`, { status: 'active', secret });
    mended.push(topic);
  }
  return mended;
}

import type { AddressInfo } from 'node:net';
import { defineEndpoint } from '@segue/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { addMember, signInAs } from '../modules/accounts/testing/sign-in-as.ts';
import { openWorld, type Shop, type World } from '../modules/accounts/testing/world.ts';

const ticks = defineEndpoint({
  method: 'GET',
  path: '/api/v1/ticks',
  scope: 'profiles:read',
  tag: 'Profiles',
  summary: 'A stream that never ends by itself',
  stream: z.number(),
});

let world: World;
let shop: Shop;
let url: string;

beforeAll(async () => {
  world = await openWorld({
    routes: [
      (serve) =>
        serve(ticks, ({ reply }) => {
          reply.hijack();
          reply.raw.writeHead(200, { 'content-type': 'text/event-stream' });
          reply.raw.write('data: 1\n\n');
        }),
    ],
  });
  shop = await world.addShop();
  await world.app.listen({ port: 0, host: '127.0.0.1' });
  url = `http://127.0.0.1:${(world.app.server.address() as AddressInfo).port}`;
});
afterAll(() => world.close());

async function follow(headers: Record<string, string>): Promise<{ ended: Promise<void> }> {
  const response = await fetch(`${url}${ticks.path}`, { headers });
  expect(response.status).toBe(200);
  const reader = response.body!.getReader();
  expect(new TextDecoder().decode((await reader.read()).value)).toBe('data: 1\n\n');
  return {
    ended: reader.read().then(
      () => undefined,
      () => undefined,
    ),
  };
}

describe('a stream', () => {
  it('ends soon after the member who reads it was removed; those of others go on', async () => {
    const { cookie, member } = await signInAs(world, shop.workspaceId, 'admin');
    const other = await signInAs(world, shop.workspaceId, 'admin');
    const [hers, theirs] = [await follow({ cookie }), await follow({ cookie: other.cookie })];
    let isOver = false;
    void theirs.ended.then(() => (isOver = true));
    const removed = await world.call('DELETE', `/api/v1/members/${member.memberId}`, { key: shop.apiKey });
    expect(removed.status).toBe(200);
    await hers.ended;
    expect(isOver).toBe(false);
    await world.call('POST', '/api/auth/sign-out', { cookie: other.cookie, body: {} });
    await theirs.ended;
  });

  it('ends too when the member who was removed still works in another workspace', async () => {
    const elsewhere = await world.addShop('Elsewhere');
    const { cookie, member } = await signInAs(world, shop.workspaceId, 'admin');
    await addMember(world.services, elsewhere.workspaceId, { role: 'owner', loginId: member.loginId });
    const hers = await follow({ cookie });
    const removed = await world.call('DELETE', `/api/v1/members/${member.memberId}`, { key: shop.apiKey });
    expect(removed.status).toBe(200);
    await hers.ended;
  }, 20_000);
});

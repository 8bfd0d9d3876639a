import { randomBytes } from 'node:crypto';
import type { Role } from '@segue/contract';
import { hashPassword } from 'better-auth/crypto';
import type { FastifyInstance } from 'fastify';
import type { Services } from '../../../platform/context.ts';
import { newUuid, publicId } from '../../../platform/ids/index.ts';
import { findMember, insertMember } from '../members/member-store.ts';
import { insertLogin } from '../sign-in/login-store.ts';

export const PASSWORD = 'correct horse battery';
/** Hashing is slow on purpose: once is enough. */
let passwordHash: Promise<string> | undefined;
let places = 0;

/** A place nobody called from before, so that tests do not use up each other's tries. */
export function newPlace(): string {
  places += 1;
  return `10.${(places >> 16) & 255}.${(places >> 8) & 255}.${places & 255}`;
}

export interface TestMember {
  readonly id: string;
  readonly memberId: string;
  readonly loginId: string;
  readonly email: string;
  readonly workspaceId: number;
}

/** A member with a login of her own, or of the login given. */
export async function addMember(
  services: Pick<Services, 'postgres' | 'clock'>,
  workspaceId: number,
  member: { role: Role; loginId?: string },
): Promise<TestMember> {
  const { postgres, clock } = services;
  const nowMs = clock.now();
  const at = new Date(nowMs);
  const { role, loginId = newUuid(nowMs) } = member;
  if (member.loginId === undefined) {
    passwordHash ??= hashPassword(PASSWORD);
    const email = `${role}-${randomBytes(6).toString('hex')}@shop.example`;
    const login = { id: loginId, credentialId: newUuid(nowMs), name: `The ${role}`, email };
    await insertLogin(postgres, { ...login, passwordHash: await passwordHash, at });
  }
  const id = newUuid(nowMs);
  await insertMember(postgres, workspaceId, { id, loginId, role, at });
  const { email } = (await findMember(postgres, workspaceId, id))!;
  return { id, memberId: publicId('mbr', id), loginId, email, workspaceId };
}

/** What a browser sends with a call once somebody is signed in. */
export interface SignedIn {
  readonly cookie: string;
  readonly origin: string;
}

export const ORIGIN = 'http://127.0.0.1:4100';

/** Signs in over HTTP as a page does. */
export async function signIn(
  app: FastifyInstance,
  who: { email: string; password?: string; cookie?: string },
): Promise<SignedIn> {
  const response = await app.inject({
    method: 'POST',
    url: '/api/auth/sign-in/email',
    remoteAddress: newPlace(),
    headers: { origin: ORIGIN },
    payload: { email: who.email, password: who.password ?? PASSWORD },
  });
  if (response.statusCode !== 200) throw new Error(`not signed in: ${response.statusCode} ${response.body}`);
  return { cookie: cookiesOf(response.headers['set-cookie']), origin: ORIGIN };
}

/** A new member of this role, signed in: the headers of her calls. */
export async function signInAs(
  world: { readonly app: FastifyInstance; readonly services: Pick<Services, 'postgres' | 'clock'> },
  workspaceId: number,
  role: Role,
): Promise<SignedIn & { readonly member: TestMember }> {
  const member = await addMember(world.services, workspaceId, { role });
  return { ...(await signIn(world.app, member)), member };
}

/** The cookies of an answer as a browser sends them back; what the server removed is left out. */
export function cookiesOf(setCookie: string | readonly string[] | undefined): string {
  return [setCookie ?? []]
    .flat()
    .filter((line) => !/max-age=0/i.test(line))
    .map((line) => line.split(';')[0])
    .join('; ');
}

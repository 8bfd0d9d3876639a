import { betterAuth } from 'better-auth/minimal';
import { createAdapterFactory } from 'better-auth/adapters';
import { twoFactor } from 'better-auth/plugins/two-factor';
import { deriveKey } from '../../../platform/crypto/index.ts';
import { newUuid } from '../../../platform/ids/index.ts';
import type { Services } from '../../../platform/context.ts';
import { createLoginRecords, type LoginRecord, type LoginRecords } from './login-record-store.ts';

export const PASSWORD_CHARS_MIN = 10;
export const PASSWORD_CHARS_MAX = 200;
const SESSION_SECONDS = 7 * 24 * 3_600;
const SESSION_RENEWED_AFTER_SECONDS = 24 * 3_600;
const RESET_LINK_SECONDS = 3_600;

/** Our own header, set by the server alone, that tells the library where a call came from. */
export const IP_HEADER = 'x-segue-ip';

export interface SignInLibraryOptions {
  readonly services: Pick<Services, 'postgres' | 'clock' | 'logger'>;
  /** The installation's secret. */
  readonly secret: Buffer;
  readonly publicUrl: string;
  onResetRequested(login: { email: string; name: string; token: string }): void;
  onPasswordReset(login: { id: string; email: string; ip: string | undefined }): Promise<void>;
}

/**
 * better-auth, reduced to what members need: password, session, second step. It makes no tables, sends nothing home and
 * takes nobody in by itself. It keeps its own time (sessions and codes concern people, who live in real time).
 */
export function createSignInLibrary(options: SignInLibraryOptions) {
  const { services, secret, publicUrl } = options;
  const records = createLoginRecords(services.postgres);
  return betterAuth({
    appName: 'Segue',
    baseURL: new URL(publicUrl).origin,
    basePath: '/api/auth',
    secret: deriveKey(secret, 'segue sign-in').toString('base64url'),
    database: createAdapter(records),
    telemetry: { enabled: false },
    rateLimit: { enabled: false },
    // What it would say may hold an address; what fails unexpectedly is thrown to us instead.
    logger: { disabled: true },
    onAPIError: {
      onError: (error) => services.logger.error({ error }, 'the sign-in library failed'),
    },
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: PASSWORD_CHARS_MIN,
      maxPasswordLength: PASSWORD_CHARS_MAX,
      resetPasswordTokenExpiresIn: RESET_LINK_SECONDS,
      revokeSessionsOnPasswordReset: true,
      sendResetPassword: async ({ user, token }) => {
        options.onResetRequested({ email: user.email, name: user.name, token });
      },
      onPasswordReset: async ({ user }, request) => {
        await options.onPasswordReset({
          id: user.id,
          email: user.email,
          ip: request?.headers.get(IP_HEADER) ?? undefined,
        });
      },
    },
    user: { modelName: 'login' },
    session: {
      modelName: 'login_session',
      fields: { userId: 'loginId' },
      expiresIn: SESSION_SECONDS,
      updateAge: SESSION_RENEWED_AFTER_SECONDS,
    },
    account: { modelName: 'login_credential', fields: { userId: 'loginId' } },
    verification: { modelName: 'login_proof', storeIdentifier: 'hashed' },
    advanced: {
      cookiePrefix: 'segue',
      useSecureCookies: publicUrl.startsWith('https:'),
      disableCSRFCheck: false,
      disableOriginCheck: false,
      ipAddress: { ipAddressHeaders: [IP_HEADER] },
      database: { generateId: () => newUuid(services.clock.now()) },
    },
    plugins: [
      twoFactor({
        issuer: 'Segue',
        schema: { twoFactor: { modelName: 'login_totp', fields: { userId: 'loginId' } } },
      }),
    ],
  });
}

export type SignInLibrary = ReturnType<typeof createSignInLibrary>;

/** The library's way to the database: our tables, our connections, our transactions. */
function createAdapter(records: LoginRecords) {
  const make = (inTransaction: boolean): ReturnType<typeof createAdapterFactory> =>
    createAdapterFactory({
      config: {
        adapterId: 'segue',
        supportsUUIDs: true,
        supportsNumericIds: false,
        supportsJSON: true,
        transaction: inTransaction ? false : (work) => records.inTransaction(() => work(adapterOf(true))),
      },
      adapter: () => customAdapter(records),
    });
  let options: Parameters<ReturnType<typeof createAdapterFactory>>[0];
  const adapterOf = (inTransaction: boolean) => make(inTransaction)(options);
  return (given: typeof options) => {
    options = given;
    return adapterOf(false);
  };
}

type CustomAdapter = ReturnType<Parameters<typeof createAdapterFactory>[0]['adapter']>;

function customAdapter(records: LoginRecords): CustomAdapter {
  const first = (rows: LoginRecord[]) => (rows[0] ?? null) as never;
  return {
    create: async ({ model, data }) => (await records.insert(model, data)) as never,
    findOne: async ({ model, where }) => first(await records.select(model, { where, limit: 1 })),
    findMany: async ({ model, where = [], limit, offset, sortBy }) =>
      (await records.select(model, { where, limit, offset, sortBy })) as never,
    update: async ({ model, where, update }) =>
      first(await records.update(model, { where, set: update as LoginRecord })),
    updateMany: async ({ model, where, update }) => (await records.update(model, { where, set: update })).length,
    delete: async ({ model, where }) => void (await records.remove(model, where)),
    deleteMany: async ({ model, where }) => (await records.remove(model, where)).length,
    // Ours are unique where the library consumes: an identifier is random, a row has one login.
    consumeOne: async ({ model, where }) => first(await records.remove(model, where)),
    incrementOne: async ({ model, where, increment, set = {} }) =>
      first(await records.update(model, { where, set, increment })),
    count: async ({ model, where = [] }) => records.count(model, where),
  };
}

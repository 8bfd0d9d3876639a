import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLogger } from './index.ts';

/** Every line a call wrote. */
function written(log: (logger: ReturnType<typeof createLogger>) => void): string {
  let text = '';
  log(createLogger('debug', { write: (line) => (text += line) }));
  return text;
}

const digits = (length: number) => fc.stringMatching(new RegExp(`^[0-9]{${length}}$`));
const secretText = fc.stringMatching(/^[A-Za-z0-9_-]{12,40}$/);

const email = fc.oneof(
  fc.emailAddress(),
  fc.tuple(fc.stringMatching(/^[a-zäöüßé0-9._+-]{3,12}$/), fc.domain()).map(([name, domain]) => `${name}@${domain}`),
);
const phone = fc
  .tuple(fc.constantFrom('+49', '+1', '+44', '+380'), digits(3), digits(4), digits(3))
  .chain(([country, a, b, c]) =>
    fc.constantFrom(
      `${country}${a}${b}${c}`,
      `${country} ${a} ${b}${c}`,
      `${country} (${a}) ${b}-${c}`,
      `0${a} ${b}${c}`,
      `(${a}) ${b}-${c}`,
      `0${a}/${b}${c}`,
      `0${a}${b}${c}`,
    ),
  );
const key = fc
  .tuple(fc.constantFrom('sk_', 'wk_', 'whsec_', 'ak_'), secretText)
  .map(([prefix, secret]) => `${prefix}${secret}`);
const bearer = secretText.map((secret) => ({ shown: `Bearer ${secret}`, hidden: secret }));
const connection = secretText.chain((secret) =>
  fc.constantFrom(
    { shown: `postgres://segue:${secret}@db.example:5432/segue`, hidden: secret },
    { shown: `smtps://mailer:${secret}%40x@mail.example`, hidden: secret },
    { shown: `host=db password=${secret} dbname=segue`, hidden: secret },
  ),
);
const link = secretText.chain((secret) =>
  fc.constantFrom(
    { shown: `GET /api/v1/profiles?identifier=${secret}`, hidden: secret },
    { shown: `https://shop.example/u/x?t=${secret}&a=1`, hidden: secret },
  ),
);
const alike = (value: string) => ({ shown: value, hidden: value });

/** Something by whose looks it is known. */
const recognisable = fc.oneof(email.map(alike), phone.map(alike), key.map(alike), bearer, connection, link);
/** Something only its name gives away: a first name, a trait, a password. */
const nameless = fc.stringMatching(/^[A-Z][a-zäöü]{8,14}$/);
const dangerousName = fc.constantFrom(
  ...[
    'email',
    'firstName',
    'last_name',
    'traits',
    'properties',
    'password',
    'smtpPassword',
    'Authorization',
    'set-cookie',
  ],
  ...['detail', 'values', 'body', 'userId', 'anonymousId', 'apiKey', 'refresh_token', 'address', 'line', 'name'],
);
const level = fc.constantFrom('debug', 'info', 'warn', 'error');
const around = fc.constantFrom(
  ['', ''],
  ['was ', ' here'],
  ['(', ')'],
  ['"', '"'],
  ['<', '>'],
  ['x=', ';'],
  ['\n', '\n'],
);

/** Everywhere a value can stand in a log call. */
const places: readonly ((text: string) => [object, string])[] = [
  (text) => [{}, text],
  (text) => [{ reason: text }, 'said'],
  (text) => [{ deep: [{ er: { than: text } }] }, 'said'],
  (text) => [{ [text]: 1 }, 'said'],
  (text) => [{ error: new Error(text) }, 'failed'],
  (text) => [{ error: new Error('outer', { cause: new TypeError(text) }) }, 'failed'],
  (text) => [{ error: new AggregateError([new Error(text)], 'both') }, 'failed'],
  (text) => [{ error: Object.assign(new Error('odd'), { name: text, code: text }) }, 'failed'],
];

describe('a log line', () => {
  it('never holds what looks like an email, a phone number, a key, a password or a query, wherever it stood', () => {
    fc.assert(
      fc.property(
        recognisable,
        fc.constantFrom(...places),
        level,
        around,
        ({ shown, hidden }, place, name, [before, after]) => {
          const [fields, message] = place(`${before}${shown}${after}`);
          const text = written((logger) => logger[name](fields, message));
          expect(text).not.toContain(JSON.stringify(hidden).slice(1, -1));
          expect(text).not.toContain(hidden);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('never holds what stands under a dangerous name, however deep and whatever it is', () => {
    const value = nameless.chain((secret) =>
      fc.constantFrom<[string, unknown]>([secret, secret], [secret, [secret]], [secret, { a: { b: secret } }]),
    );
    fc.assert(
      fc.property(value, dangerousName, fc.nat(3), level, ([secret, kept], name, depth, at) => {
        let fields: object = { [name]: kept };
        for (let i = 0; i < depth; i++) fields = { inside: fields };
        expect(written((logger) => logger[at](fields, 'seen'))).not.toContain(secret);
      }),
    );
  });

  it('never holds the row that PostgreSQL or ClickHouse could not store, nor the text that was no JSON', () => {
    fc.assert(
      fc.property(nameless, level, (secret, at) => {
        const row = `Failing row contains (1, ${secret}).`;
        const postgres = Object.assign(new Error('null value in column "x" violates not-null constraint'), {
          ...{ severity: 'ERROR', code: '23502', detail: row, where: `COPY x, line 1: "${secret}"`, hint: secret },
          ...{ parameters: [secret], query: `select '${secret}'` },
        });
        const input = Object.assign(new Error(`invalid input syntax for type integer: "${secret}"`), {
          ...{ severity: 'ERROR', code: '22P02' },
        });
        const history = new Error(`Cannot parse input: expected ',' before: '${secret}': (at row 1)\nRow 1: ${secret}`);
        history.name = 'ClickHouseError';
        const errors: unknown[] = [postgres, input, history];
        try {
          JSON.parse(`{"a": ${secret}`);
        } catch (error) {
          errors.push(error);
        }
        for (const error of errors) {
          const text = written((logger) => logger[at]({ error }, 'failed'));
          expect(text).not.toContain(secret);
          expect(text).not.toContain(secret.slice(0, 8));
        }
      }),
    );
  });

  it('says of an error what it is and where it happened', () => {
    const error = Object.assign(new Error('connect ECONNREFUSED 10.100.20.30:5432'), { code: 'ECONNREFUSED' });
    const line = JSON.parse(written((logger) => logger.error({ error, lane: 3, seq: 12_345_678 }, 'it broke'))) as {
      fields: { error: { frames: string[] } };
    };
    expect(line).toMatchObject({
      level: 'error',
      message: 'it broke',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
      fields: {
        lane: 3,
        seq: 12_345_678,
        error: { code: 'ECONNREFUSED', message: 'connect ECONNREFUSED 10.100.20.30:5432' },
      },
    });
    expect(line.fields.error.frames[0]).toContain('logger.prop.test.ts');
    expect(Object.keys(line).sort()).toEqual(['fields', 'level', 'message', 'time']);
  });

  it('leaves alone what is no secret: instants, ids, versions, URLs, places in the log', () => {
    const plain = [
      ...[
        '2026-11-22T09:00:00.000Z',
        'http://127.0.0.1:4100',
        'postgres://db.example:5432/segue',
        '18.4.0',
        'lane 0/12',
      ],
      ...[
        'msg_01a2027bd6807629b78489426f6955a3',
        '01a2027b-d680-7629-b784-89426f6955a3',
        'block 12345678',
        '[::1]:4100',
      ],
      ...['20261122T0900_create-event-log', 'worker', 'segment wakes'],
    ];
    for (const text of plain)
      expect(JSON.parse(written((logger) => logger.info({ text: null, a: text }, text)))).toMatchObject({
        message: text,
        fields: { a: text },
      });
  });

  it('survives a ring, a throwing nothing and bytes', () => {
    const ring: Record<string, unknown> = { bytes: Buffer.from('Adalovelace') };
    ring['self'] = ring;
    expect(written((logger) => logger.info({ ring, nothing: undefined, none: null }, 'x'))).not.toContain('Ada');
  });
});

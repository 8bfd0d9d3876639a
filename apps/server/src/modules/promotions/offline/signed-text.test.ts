import { expect, it } from 'vitest';
import { newSigningKeys, readSigned, signText } from './signed-text.ts';
import { codeOfVoucher, isVoucher } from './vouchers.ts';

const { publicKey, privateKey } = newSigningKeys();
const signed = signText(privateKey, { kind: 'coupon-voucher', code: 'ABC123', version: 1 });

it('what is signed is read again, and nothing that was changed or signed by others is', () => {
  expect(readSigned(publicKey, signed)).toEqual({ kind: 'coupon-voucher', code: 'ABC123', version: 1 });
  expect(codeOfVoucher(publicKey, ` ${signed}\n`)).toBe('ABC123');
  expect(readSigned(newSigningKeys().publicKey, signed)).toBeUndefined();
  const [body = '', signature = ''] = signed.split('.');
  const other = Buffer.from(JSON.stringify({ kind: 'coupon-voucher', code: 'XYZ' })).toString('base64url');
  for (const text of ['', '.', body, `${other}.${signature}`, `${signed}.${signature}`, `${body}.AAAA`]) {
    expect(readSigned(publicKey, text)).toBeUndefined();
  }
});

it('a signed text of another kind is no voucher, and a code is not taken for one', () => {
  expect(codeOfVoucher(publicKey, signText(privateKey, { kind: 'coupon-sheet', code: 'ABC123' }))).toBeUndefined();
  expect(isVoucher(signed)).toBe(true);
  for (const code of ['SPRING-7K2M', 'a.b', 'X'.repeat(100)]) expect(isVoucher(code)).toBe(false);
});

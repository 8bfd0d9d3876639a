import { describe, expect, it } from 'vitest';
import { classifySmtpFailure, type SmtpFailure } from './smtp-outcome.ts';

const failure = (over: Partial<SmtpFailure>): SmtpFailure => ({
  code: undefined,
  command: undefined,
  responseCode: undefined,
  response: undefined,
  dataStarted: false,
  ...over,
});
const reply = (response: string, command: string, over: Partial<SmtpFailure> = {}): SmtpFailure =>
  failure({ code: 'EENVELOPE', command, response, responseCode: Number(response.slice(0, 3)), ...over });

describe('classifySmtpFailure', () => {
  it.each([
    ['no connection', failure({ code: 'ESOCKET', command: 'CONN' })],
    ['a name that does not resolve', failure({ code: 'EDNS', command: 'CONN' })],
    ['a connection lost before the message left', failure({ code: 'ECONNECTION', command: 'CONN' })],
    ['a time-out before the message left', failure({ code: 'ETIMEDOUT', command: 'CONN' })],
    ['a greylisted recipient', reply('450 4.2.0 greylisted', 'RCPT TO')],
    ['a 4yz after the message', reply('451 try later', 'DATA', { code: 'EMESSAGE', dataStarted: true })],
    ['a shutdown answered to the message', reply('421 closing', 'CONN', { code: 'ECONNECTION', dataStarted: true })],
    ['a wrong password', reply('535 5.7.8 no', 'AUTH PLAIN', { code: 'EAUTH' })],
    ['a sender the server does not take', reply('550 not you', 'MAIL FROM')],
    ['a refusing greeting', reply('554 no service', 'CONN', { code: 'EPROTOCOL' })],
    ['a session out of order', reply('503 bad sequence', 'RCPT TO')],
  ])('tries again after %s', (_, given) => {
    expect(classifySmtpFailure(given).kind).toBe('deferred');
  });

  it.each([
    ['lost', 'ECONNECTION'],
    ['silent', 'ETIMEDOUT'],
    ['reset', 'ESOCKET'],
    ['given up', 'EABORT'],
  ])('never tries again when the connection is %s after the message began to leave', (_, code) => {
    expect(classifySmtpFailure(failure({ code, command: 'CONN', dataStarted: true })).kind).toBe('unknown');
  });

  it.each([
    ['550 5.1.1 no such mailbox', 'recipient'],
    ['550 no such mailbox', 'recipient'],
    ['553 bad name', 'recipient'],
    ['550 5.2.1 switched off', 'recipient'],
    ['552 5.2.2 mailbox full', 'content'],
    ['550 5.7.1 policy', 'content'],
    ['554 rejected', 'content'],
  ])('blames %s at the recipient on the %s', (response, by) => {
    expect(classifySmtpFailure(reply(response, 'RCPT TO'))).toMatchObject({ kind: 'rejected', by });
  });

  it('blames the content for a 5yz after the message', () => {
    const given = reply('550 5.1.1 spam', 'DATA', { code: 'EMESSAGE', dataStarted: true });
    expect(classifySmtpFailure(given)).toMatchObject({ kind: 'rejected', by: 'content' });
  });

  it('keeps no word of the server, which may quote the address', () => {
    const given = reply('550 5.1.1 <ada@example.com> unknown', 'RCPT TO');
    expect(classifySmtpFailure(given).reason).toBe('550 5.1.1 at RCPT TO');
  });
});

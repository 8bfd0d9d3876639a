import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OPT_WORDS } from './opt-words.data.ts';
import { readOptWord } from './read-opt-word.ts';

const action = (text: string, channel = 'sms', language?: string) => readOptWord(text, { channel, language })?.action;

describe('a word that ends messages', () => {
  it('is every word carriers demand, in every language and however it is written', () => {
    const words = ['STOP', 'STOPALL', 'UNSUBSCRIBE', 'CANCEL', 'END', 'QUIT', 'REVOKE', 'OPTOUT', 'Opt-out'];
    for (const word of words) {
      for (const language of ['en', 'de', 'ja', undefined, 'xx']) {
        for (const text of [
          word,
          word.toLowerCase(),
          ` ${word}!!! `,
          `🛑 ${word}`,
          `${word}.`,
          `"${word}"`,
          `${word} please`,
        ]) {
          expect(action(text, 'sms', language), `${text} in ${language}`).toBe('stop');
        }
      }
    }
  });

  it('is the word of her own language, with or without its accents', () => {
    expect(action('Arrêt', 'sms', 'fr')).toBe('stop');
    expect(action('ARRET', 'sms', 'fr-FR')).toBe('stop');
    expect(action('désabonner svp', 'whatsapp', 'fr')).toBe('stop');
    expect(action('Abmelden, bitte!', 'whatsapp', 'de')).toBe('stop');
    expect(action('KÜNDIGEN', 'sms', 'de')).toBe('stop');
    expect(action('Baja', 'sms', 'es')).toBe('stop');
    expect(action('zakończ', 'sms', 'pl')).toBe('stop');
    expect(action('İPTAL', 'sms', 'tr')).toBe('stop');
    expect(action('停止', 'whatsapp', 'ja')).toBe('stop');
    expect(action('СТОП', 'sms')).toBe('stop');
    expect(action('baja', 'sms', 'de')).toBeUndefined();
  });

  it('is no word in the middle of a sentence', () => {
    for (const text of [
      "don't stop",
      'never stop being great',
      'When do you stop delivering?',
      'stop by the store tomorrow',
      'I want to cancel my order',
      'the end',
      'no',
      '🛑',
      '',
      'stop '.repeat(60),
    ]) {
      expect(action(text), text).toBeUndefined();
    }
  });

  it('is only a plain one in a chat, where people cancel orders and end conversations', () => {
    for (const channel of ['whatsapp', 'messenger', 'instagram']) {
      expect(action('Stop', channel)).toBe('stop');
      expect(action('unsubscribe', channel)).toBe('stop');
      expect(action('cancel', channel)).toBeUndefined();
      expect(action('end', channel)).toBeUndefined();
      expect(action('yes', channel)).toBeUndefined();
    }
    expect(action('stop', 'web_chat')).toBeUndefined();
  });

  it('is understood of any table, whatever is around it but words', () => {
    const words = Object.entries(OPT_WORDS).flatMap(([language, { stop, smsStop = [] }]) =>
      [...stop, ...smsStop].map((word) => ({ language, word })),
    );
    const noise = fc.constantFrom('', ' ', '!', '…', ' 🙏', '\n', '...', ' ?', '«', '🛑🛑');
    fc.assert(
      fc.property(
        fc.constantFrom(...words),
        noise,
        noise,
        fc.boolean(),
        ({ language, word }, before, after, isUpper) => {
          const text = before + (isUpper ? word.toUpperCase() : word) + after;
          expect(action(text, 'sms', language)).toBe('stop');
        },
      ),
    );
  });
});

describe('an everyday answer', () => {
  it('ends nothing in a language nobody told, though it is spelled like a word of some language', () => {
    const answers = ['fine', 'Fine, thanks!', 'seis', 'Perú', 'Đúng', 'đúng', 'sim', 'low', 'ok', 'right', 'tak'];
    for (const text of answers) {
      for (const channel of ['sms', 'whatsapp']) expect(action(text, channel), `${text} on ${channel}`).toBeUndefined();
    }
    for (const text of ['Huy', 'ret', 'iptal', 'remover', 'avsluta', 'fin', 'ende']) {
      expect(action(text, 'whatsapp'), text).toBeUndefined();
    }
  });

  it('in a chat, or in a language of which carriers demand nothing, is no yes of somebody who never stopped', () => {
    for (const [text, channel, language] of [
      ['Start', 'whatsapp', 'en'],
      ['weiter', 'whatsapp', 'de'],
      ['weiter', 'sms', 'de'],
      ['Inicio', 'messenger', 'es'],
      ['alta', 'sms', undefined],
    ] as const) {
      expect(readOptWord(text, { channel, language }), text).toEqual({ action: 'start', isAnswer: true });
    }
  });
});

describe('a word of Arabic', () => {
  it('is one however it is stretched, pointed or marked for direction, with and without its hamza', () => {
    for (const text of [
      'إيقاف',
      'ايقاف',
      'إِيقَاف',
      'إيقـــاف',
      '\u200fإيقاف\u200e',
      'إيقاف من فضلك',
      '🛑 توقف!',
      'الغاء الاشتراك',
    ])
      for (const language of ['ar', undefined])
        expect([text, action(text, 'whatsapp', language)]).toEqual([text, 'stop']);
    expect([action('إلغاء', 'sms', 'ar'), action('إلغاء', 'whatsapp', 'ar')]).toEqual(['stop', undefined]);
    expect(action('متى يتوقف التوصيل', 'whatsapp', 'ar')).toBeUndefined();
    expect([action('ابدأ', 'sms', 'ar'), action('مساعدة', 'sms', 'ar')]).toEqual(['start', 'help']);
  });

  it('and any other hides in no invisible letters', () => {
    expect([action('st\u200bop'), action('\ufeffSTOP'), action('s\u00adtop')]).toEqual(['stop', 'stop', 'stop']);
  });
});

describe('a word that resumes or asks', () => {
  it('is told apart from a mere yes, which only answers', () => {
    expect(readOptWord('START', { channel: 'sms' })).toEqual({ action: 'start', isAnswer: false });
    expect(readOptWord('unstop', { channel: 'sms' })).toEqual({ action: 'start', isAnswer: false });
    expect(readOptWord('Yes!', { channel: 'sms' })).toEqual({ action: 'start', isAnswer: true });
    expect(action('HELP')).toBe('help');
    expect(action('Hilfe', 'sms', 'de')).toBe('help');
    expect(action('info', 'sms', 'fr')).toBe('help');
  });
});

describe('a word of the workspace', () => {
  const own = [
    { action: 'stop', word: 'Basta Ya', channel: 'whatsapp', language: 'es' },
    { action: 'start', word: 'JOIN' },
  ] as const;

  it('holds on its channel and in its language only, or everywhere', () => {
    const read = (text: string, channel: string, language?: string) =>
      readOptWord(text, { channel, language, own })?.action;
    expect(read('¡Basta ya!', 'whatsapp', 'es')).toBe('stop');
    expect(read('basta ya', 'whatsapp')).toBe('stop');
    expect(read('basta ya', 'sms', 'es')).toBeUndefined();
    expect(read('basta ya', 'whatsapp', 'de')).toBeUndefined();
    expect(read('join', 'instagram', 'de')).toBe('start');
  });
});

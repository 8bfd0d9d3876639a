import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/min';
import { GenerationCache } from '../../platform/generation-cache.ts';

/** Longer than any number as people write them. */
const LENGTH_MAX = 40;
/** Reading one takes 10 to 20 microseconds, and a customer's comes with every event. */
const REMEMBERED_MAX = 20_000;
const remembered = new GenerationCache<string, string>(REMEMBERED_MAX);
const NOT_A_NUMBER = '';

/** The country when telephone numbers of it can be read; case does not matter. */
export function phoneCountry(text: unknown): string | undefined {
  if (typeof text !== 'string' || text.length !== 2) return undefined;
  const country = text.toUpperCase();
  return isSupportedCountry(country) ? country : undefined;
}

/**
 * A telephone number in E.164, read as people of `country` write theirs; with +, as anybody does. Undefined when it is
 * none, and when it is no one person's: without a known country, or with an extension behind it.
 */
export function phoneNumber(text: string, country: string | undefined): string | undefined {
  if (text.length > LENGTH_MAX) return undefined;
  const isInternational = text.startsWith('+') || text.startsWith('＋');
  if (!isInternational && country === undefined) return undefined;
  const key = isInternational ? text : `${country}${text}`;
  let number = remembered.get(key);
  if (number === undefined) {
    number = read(text, isInternational ? undefined : country) ?? NOT_A_NUMBER;
    remembered.set(key, number);
  }
  return number === NOT_A_NUMBER ? undefined : number;
}

/** The country a number in E.164 belongs to; undefined of numbers that belong to none, and of those shared by several. */
export function countryOfPhone(number: string): string | undefined {
  return number.length > LENGTH_MAX ? undefined : parsePhoneNumberFromString(number)?.country;
}

function read(text: string, country: string | undefined): string | undefined {
  const parsed = parsePhoneNumberFromString(text, {
    ...(country !== undefined && { defaultCountry: country as CountryCode }),
    // The whole text is a number, or it is none: no searching in sentences.
    extract: false,
  });
  if (parsed === undefined || parsed.ext !== undefined || ONE_DIGIT.test(parsed.nationalNumber)) return undefined;
  // A number plan grows: of a number that says its country the length is enough. Of one that does not, more is asked,
  // since it may be another country's.
  const isOne = country === undefined ? parsed.isPossible() : parsed.isValid();
  return isOne ? parsed.number : undefined;
}

const ONE_DIGIT = /^(\d)\1*$/;

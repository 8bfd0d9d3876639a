import { type Wording, WORDINGS } from './wording.data.ts';

export interface Spoken {
  /** BCP 47, for `<html lang>`. */
  readonly language: string;
  readonly wording: Wording;
}

/**
 * The wording a visitor reads: the best of her `Accept-Language` (RFC 9110 §12.5.4) that there is, else the brand's own
 * language, else English.
 */
export function chooseWording(acceptLanguage: string | undefined, brandLanguage: string): Spoken {
  const asked = (acceptLanguage ?? '')
    .split(',')
    .slice(0, 20)
    .map((part) => {
      const [tag = '', ...parameters] = part.trim().split(';');
      const q = parameters.map((one) => /^\s*q=([\d.]+)\s*$/.exec(one)?.[1]).find((value) => value !== undefined);
      return { tag: tag.trim(), weight: q === undefined ? 1 : Number(q) };
    })
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight)
    .map(({ tag }) => tag);
  for (const tag of [...asked, brandLanguage, 'en']) {
    const language = tag.toLowerCase().split('-')[0]!;
    const wording = Object.hasOwn(WORDINGS, language) ? WORDINGS[language] : undefined;
    if (wording !== undefined) return { language, wording };
  }
  return { language: 'en', wording: WORDINGS.en! };
}

import type { Sql } from '../../../platform/postgres/index.ts';
import { mayBeMistyped, nearestWords } from './nearest-words.ts';
import type { ProductSearch } from './product-page-store.ts';
import { searchQuery, wordsOf } from './search-text.ts';
import { findUnknownWords, listAlikeWords } from './word-store.ts';

/** How to search for what somebody typed: a word no product knows stands for the nearest that one does. */
export async function planSearch(sql: Sql, workspaceId: number, text: string): Promise<ProductSearch | undefined> {
  const words = wordsOf(text);
  const unknown = await findUnknownWords(sql, workspaceId, words.filter(mayBeMistyped));
  const alike = await listAlikeWords(sql, workspaceId, unknown);
  const meant = new Map(
    [...alike].flatMap(([word, candidates]) => {
      const nearest = nearestWords(word, candidates);
      // Texts have words that names have not: it may be one of them.
      return nearest.length === 0 ? [] : [[word, [word, ...nearest]] as const];
    }),
  );
  const query = searchQuery(words, meant);
  if (query === undefined) return undefined;
  const code = text.trim();
  return {
    ...{ query, inNames: searchQuery(words, meant, 'A')!, inKinds: searchQuery(words, meant, 'AB')! },
    codes: [...new Set([code, code.toUpperCase(), code.toLowerCase()])],
  };
}

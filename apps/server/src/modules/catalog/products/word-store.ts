import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';

const CANDIDATES_MAX = 60;

/** The words of these products' names and kinds may be meant from now on. */
export async function addSearchWords(sql: Sql, workspaceId: number, productIds: readonly string[]): Promise<void> {
  await sql.query({
    name: 'search_word_add',
    text: `insert into search_word (workspace_id, word, grams)
           select $1, w.word, search_grams($1, w.word) from (
             select distinct t.word collate "C" as word from product p
             cross join lateral unnest(tsvector_to_array(ts_filter(p.search, '{a,b}'))) as t(word)
             where p.workspace_id = $1 and p.id = any($2::uuid[])) w
           where length(w.word) between 3 and 40 and w.word !~ '[0-9]'
             and not exists (select 1 from search_word s where s.workspace_id = $1 and s.word = w.word)
           order by w.word on conflict do nothing`,
    values: [workspaceId, arrayLiteral(productIds)],
  });
}

/** Those that no word of the catalog begins with. By the primary key. */
export async function findUnknownWords(sql: Sql, workspaceId: number, words: readonly string[]): Promise<string[]> {
  if (words.length === 0) return [];
  const { rows } = await sql.query<{ word: string }>({
    name: 'search_word_unknown',
    text: `select w.word from unnest($2::text[]) as w(word) where not exists (
             select 1 from search_word s where s.workspace_id = $1 and s.word >= w.word collate "C"
               and s.word < (w.word || chr(1114111)) collate "C")`,
    values: [workspaceId, words],
  });
  return rows.map((row) => row.word);
}

/** Words that look like each of these, the most alike first. By `search_word_grams`. */
export async function listAlikeWords(
  sql: Sql,
  workspaceId: number,
  words: readonly string[],
): Promise<Map<string, string[]>> {
  const alike = new Map<string, string[]>();
  if (words.length === 0) return alike;
  const { rows } = await sql.query<{ asked: string; word: string }>({
    name: 'search_word_alike',
    text: `select w.word as asked, s.word from unnest($2::text[]) as w(word)
           cross join lateral (
             select s.word from search_word s
             where s.workspace_id = $1 and s.grams && search_grams($1, w.word)
             order by cardinality(array(select unnest(s.grams) intersect select unnest(search_grams($1, w.word)))) desc,
               abs(length(s.word) - length(w.word)), s.word limit ${CANDIDATES_MAX}) s`,
    values: [workspaceId, words],
  });
  for (const row of rows) alike.set(row.asked, [...(alike.get(row.asked) ?? []), row.word]);
  return alike;
}

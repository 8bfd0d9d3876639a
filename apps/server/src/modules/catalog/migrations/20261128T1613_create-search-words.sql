-- The three letters at a time of a word, with blanks around it. Each carries its workspace, so that an index of them is of one
-- workspace's words alone. Our own: an extension would ask for a right that the role may not have.
create function search_grams(workspace integer, word text) returns text[] language sql immutable parallel safe as $$
  select array(select distinct workspace || ':' || substr('  ' || word || ' ', n, 3) from generate_series(1, length(word) + 1) as n)
$$;

-- Every word of names and kinds of products: who mistypes one is given the nearest. One that is used no more does no harm.
create table search_word (
  workspace_id integer not null references workspace (id),
  word text collate "C" not null,
  grams text[] not null,
  primary key (workspace_id, word)
);
create index search_word_grams on search_word using gin (grams);

insert into search_word (workspace_id, word, grams)
select distinct p.workspace_id, w.word, search_grams(p.workspace_id, w.word)
from product p cross join lateral unnest(tsvector_to_array(ts_filter(p.search, '{a,b}'))) as w(word)
where length(w.word) between 3 and 40 and w.word !~ '[0-9]';

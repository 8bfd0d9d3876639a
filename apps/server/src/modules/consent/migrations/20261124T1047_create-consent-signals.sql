-- What consent platforms and browsers said about a customer, as they said it: TCF and GPP strings, categories, GPC.
create table consent_signal (
  workspace_id integer not null,
  id uuid not null,
  profile_id uuid not null,
  -- Who the profile was when it was recorded: `profile_id` changes with merges.
  said_by uuid not null,
  -- The identifier it was said under: upon the undoing of a merge the row goes where this node goes.
  node_kind smallint not null,
  node_id bigint not null,
  kind text not null check (kind in ('tcf', 'gpp', 'categories', 'gpc')),
  -- Of what was said, so that the same again is recognised.
  fingerprint text not null,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null,
  -- Number of the source that sent it.
  source integer,
  cause text not null,
  -- Null when it could not be read; then `error` says why.
  decoded jsonb,
  error text,
  -- The string itself, page and network address; sealed as the proof of a consent record.
  proof bytea,
  primary key (workspace_id, id),
  unique (workspace_id, cause, kind)
);
create index consent_signal_profile on consent_signal (workspace_id, profile_id, occurred_at desc, id desc);

-- What a workspace decides about signals.
create table consent_settings (
  workspace_id integer primary key,
  -- [{category, channel, topic}, …]: a category of the consent platform that is consent to messages.
  category_topics jsonb not null,
  -- [{action, word, channel, language}, …]: words that stop, start or explain messages, beside those known.
  opt_words jsonb not null,
  updated_at timestamptz not null
);

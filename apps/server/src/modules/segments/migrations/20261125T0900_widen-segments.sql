alter table segment
  -- What else its rule is read with: the time zone, rules of other segments, computed traits. As they were when it was said.
  add column world jsonb not null default '{}',
  -- Given anew whenever everybody has to be looked at; each profile remembers up to which one it was.
  add column serial integer not null default 0,
  -- Goes up whenever the rule changes: a step of a back-fill that was begun before then comes to nothing.
  add column revision integer not null default 0,
  -- Swept because its rule changed: whoever enters or leaves by that is told of.
  add column is_changed boolean not null default false,
  -- A changed rule while its history is counted; until then the old one goes on being true.
  add column next_rule jsonb,
  add column next_world jsonb,
  -- [[log, lane, seq], …]: up to these places the rule under way is answered by history.
  add column cut jsonb not null default '[]',
  -- How far its back-fill has come.
  add column fill jsonb not null default '{}';
create sequence segment_serial as integer;
update segment set status = 'filling', swept_to = null where status = 'sweeping';
alter table segment drop column swept_to;

-- Why it holds the profile: event, time, already_in, rule_changed, merged, list.
alter table segment_member add column cause text not null default 'event';

-- A state is whatever the kind of its leaf makes of it.
alter table leaf_state add column state jsonb;
update leaf_state set state = to_jsonb(times);
alter table leaf_state alter column state set not null, drop column times, drop constraint leaf_state_pkey;
alter table leaf_state add primary key (workspace_id, node, generation);

-- Profiles that something happened to while a segment's history was counted: they are looked at before it is live.
create table segment_touched (
  workspace_id integer not null,
  profile_id uuid not null,
  primary key (workspace_id, profile_id)
);

-- Profiles for whom history answers a changed rule otherwise than the old one.
create table segment_candidate (
  workspace_id integer not null,
  segment_id uuid not null,
  profile_id uuid not null,
  primary key (workspace_id, segment_id, profile_id)
);

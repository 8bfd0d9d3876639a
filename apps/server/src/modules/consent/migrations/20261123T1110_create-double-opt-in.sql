alter table consent_topic add column description text;
-- A yes counts only once it was confirmed from the mailbox it was given for.
alter table consent_topic add column double_opt_in boolean not null default false;
-- The one suggested for a new message of its kind.
alter table consent_topic add column is_default boolean not null default false;
create unique index consent_topic_default on consent_topic (workspace_id, requires_opt_in) where is_default;

-- What is pending is no permission: it never becomes the last word.
alter table consent_record drop constraint consent_record_status_check;
alter table consent_record add constraint consent_record_status_check check (status in ('granted', 'denied', 'pending'));
alter table consent_record add column confirmed boolean not null default false;
alter table consent_state add column confirmed boolean not null default false;

-- Each time a customer was asked to confirm a yes.
create table consent_confirmation (
  workspace_id integer not null,
  id uuid not null,
  profile_id uuid not null,
  node_kind smallint not null,
  node_id bigint not null,
  channel text not null,
  topic text not null,
  asked_at timestamptz not null,
  expires_at timestamptz not null,
  -- With the decision to send the message that asks: an address is asked rarely, whoever has it.
  mailed_at timestamptz,
  address_hash uuid,
  confirmed_at timestamptz,
  primary key (workspace_id, id)
);
create index consent_confirmation_profile on consent_confirmation (workspace_id, profile_id, asked_at desc);
create index consent_confirmation_address on consent_confirmation (workspace_id, address_hash, mailed_at desc)
  where mailed_at is not null;

-- How the brand shows itself in mails and on the pages they lead to.
create table brand (
  workspace_id integer primary key,
  name text,
  color text,
  logo_url text,
  postal_address text,
  updated_at timestamptz not null
);

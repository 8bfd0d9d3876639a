-- The public form of a workspace's number, and what its days, prices and texts go by.
alter table workspace
  add column public_id uuid not null default gen_random_uuid() unique,
  add column time_zone text not null default 'UTC',
  add column currency text not null default 'EUR',
  add column language text not null default 'en';

-- The address and password somebody signs in with. It may be a member of several workspaces. This and the login_* tables
-- are written by the sign-in library through login-record-store.ts.
create table login (
  id uuid primary key,
  name text not null,
  email text not null unique,
  email_verified boolean not null default false,
  image text,
  two_factor_enabled boolean not null default false,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  -- Where she worked last: what a call without a workspace means.
  last_workspace_id integer references workspace (id),
  last_sign_in_at timestamptz
);

create table login_session (
  id uuid primary key,
  login_id uuid not null references login (id) on delete cascade,
  token text not null unique,
  expires_at timestamptz not null,
  ip_address text,
  user_agent text,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index login_session_login on login_session (login_id);
create index login_session_expiry on login_session (expires_at);

create table login_credential (
  id uuid primary key,
  login_id uuid not null references login (id) on delete cascade,
  account_id text not null,
  provider_id text not null,
  password text,
  access_token text,
  refresh_token text,
  id_token text,
  access_token_expires_at timestamptz,
  refresh_token_expires_at timestamptz,
  scope text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (provider_id, account_id)
);
create index login_credential_login on login_credential (login_id);

-- Short-lived proofs: a password reset, a second step under way. The identifier is hashed.
create table login_proof (
  id uuid primary key,
  identifier text not null,
  value text not null,
  expires_at timestamptz not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index login_proof_identifier on login_proof (identifier);
create index login_proof_expiry on login_proof (expires_at);

-- Secret and backup codes are sealed with a key derived from the installation's secret.
create table login_totp (
  id uuid primary key,
  login_id uuid not null unique references login (id) on delete cascade,
  secret text not null,
  backup_codes text not null,
  verified boolean not null default true,
  failed_verification_count integer not null default 0,
  locked_until timestamptz
);

-- Wrong passwords in a row for an address, known or not, by keyed hash of the address.
create table sign_in_failure (
  address_hash bytea primary key,
  failures integer not null,
  last_at timestamptz not null
);

-- Calls of one kind from one place in the current window, by keyed hash of both.
create table sign_in_rate (
  key bytea primary key,
  window_started_at timestamptz not null,
  calls integer not null
);

-- A removed member stays as a row: the audit names her.
create table member (
  workspace_id integer not null references workspace (id),
  id uuid not null,
  login_id uuid not null references login (id),
  role text not null,
  created_at timestamptz not null,
  removed_at timestamptz,
  primary key (workspace_id, id)
);
create unique index member_login on member (workspace_id, login_id) where removed_at is null;
create index member_of on member (login_id) where removed_at is null;

create table invite (
  workspace_id integer not null references workspace (id),
  id uuid not null,
  email text not null,
  role text not null,
  hash bytea not null unique,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  accepted_at timestamptz,
  revoked_at timestamptz,
  primary key (workspace_id, id)
);

alter table api_key add column created_by uuid;
alter table write_key add column id uuid not null default gen_random_uuid() unique;

create index audit_entry_actor on audit_entry (workspace_id, actor_id, id);
create index audit_entry_subject on audit_entry (workspace_id, subject, id);
create index audit_entry_at on audit_entry (workspace_id, at);

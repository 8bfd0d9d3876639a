-- When the yes was said that a confirmation is asked of: a no after it leaves nothing to confirm.
alter table consent_confirmation add column said_at timestamptz;
comment on column consent_confirmation.address_hash is 'Of the mailbox, with the parts of the address dropped that lead to the same one.';

-- Opens and clicks of mailboxes and scanners: no sign of a reader.
alter table message add column machine_opened_at timestamptz;
alter table message add column machine_clicked_at timestamptz;
-- The consent this message asks to confirm.
alter table message add column confirmation_id uuid;
-- What the template named when it was rendered, so that the page of the message says the same; sealed like the variables.
alter table message add column shown bytea;

-- Dead letters are listed by their id, which begins with an instant that does not move (RFC 9562, version 7): one that is
-- taken again and fails again stands where it stood. Of those that wait it is the instant they failed.
update log_dead_letter set id = encode(
  set_byte(
    overlay(uuid_send(id) placing substring(int8send(floor(extract(epoch from failed_at) * 1000)::bigint) from 3) from 1 for 6),
    6, 112 | (get_byte(uuid_send(id), 6) & 15)),
  'hex')::uuid;
create index log_dead_letter_list on log_dead_letter (workspace_id, id desc);
drop index log_dead_letter_workspace;

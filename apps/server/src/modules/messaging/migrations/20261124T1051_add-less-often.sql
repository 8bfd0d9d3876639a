-- How much goes to customers who asked for less; null: the default of the gate.
alter table send_policy
  add column less_often_max integer check (less_often_max >= 0),
  add column less_often_window_ms bigint check (less_often_window_ms > 0);

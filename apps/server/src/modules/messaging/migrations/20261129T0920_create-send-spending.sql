-- Where the rate of a channel stands: the theoretical arrival time of its next message, in milliseconds since the epoch.
create table send_spending (
  workspace_id integer not null references workspace (id),
  channel text not null,
  spent_until_ms double precision not null,
  primary key (workspace_id, channel)
);

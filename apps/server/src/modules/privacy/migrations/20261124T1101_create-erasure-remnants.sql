-- Up to which erasure the dead keys were let go of, and when that was.
create table erasure_remnants (
  forgotten_epoch bigint not null,
  forgotten_at timestamptz
);
insert into erasure_remnants (forgotten_epoch) values (0);

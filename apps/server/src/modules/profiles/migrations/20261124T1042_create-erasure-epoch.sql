-- One row: how often somebody was erased. Every process compares it before it writes under nodes it remembers.
create table erasure_epoch (
  epoch bigint not null
) with (fillfactor = 10);
insert into erasure_epoch (epoch) values (0);

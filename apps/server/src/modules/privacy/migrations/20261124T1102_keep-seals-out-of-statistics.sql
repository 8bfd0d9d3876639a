-- `analyze` copies samples of a column into pg_statistic, where no erasure finds them. These columns of several modules are
-- sealed with keys that outlive the customer. Naming a type again removes what was copied so far; a target of 0 keeps it
-- from being copied.
do $$
declare
  sealed record;
begin
  for sealed in
    select * from (values
      ('consent_record', 'proof'),
      ('consent_signal', 'proof'),
      ('consent_wish', 'proof'),
      ('idempotency_key', 'body'),
      ('privacy_export_part', 'sealed'),
      ('privacy_request', 'sealed'),
      ('rejected_event', 'item_sealed')
    ) as s(tbl, col)
  loop
    execute format('alter table %1$I alter column %2$I type bytea', sealed.tbl, sealed.col);
    execute format('alter table %1$I alter column %2$I set statistics 0', sealed.tbl, sealed.col);
  end loop;
end $$;

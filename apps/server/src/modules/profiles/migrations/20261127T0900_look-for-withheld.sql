-- Who was restricted, or objected, before `is_withheld` was there is still to be noted. Only her own state tells, which no SQL
-- can read: the next start looks at every one, from this place on. No row: it has.
create table withheld_look (
  is_one boolean primary key default true check (is_one),
  after_workspace integer not null default 0,
  after_id uuid not null default '00000000-0000-0000-0000-000000000000'
);
insert into withheld_look default values;

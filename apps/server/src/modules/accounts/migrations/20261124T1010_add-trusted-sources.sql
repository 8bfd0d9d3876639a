-- Whether the email and phone its events carry are known to be the customer's, or only claimed by whoever typed them.
alter table source add column trusted boolean not null default false;
update source set trusted = true where kind in ('server', 'store');

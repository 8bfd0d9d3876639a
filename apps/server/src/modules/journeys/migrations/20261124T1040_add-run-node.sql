-- The node of the event that began the run: upon the undoing of a merge the run goes where this node goes. Null: it began
-- before this was kept, and stays with whoever has it.
alter table journey_run add column node_kind smallint, add column node bigint;

-- The node of the address it was last sent to: what was sent goes with it upon the undoing of a merge. What still waits goes
-- with the node of its cause.
alter table message add column address_node_kind smallint, add column address_node bigint;

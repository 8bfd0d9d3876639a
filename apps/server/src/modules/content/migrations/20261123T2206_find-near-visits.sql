-- Only visits close in time judge each other: a link that is asked for again and again must not make each look longer.
create index link_visit_near on link_visit (workspace_id, message_id, visited_at);
drop index link_visit_message;

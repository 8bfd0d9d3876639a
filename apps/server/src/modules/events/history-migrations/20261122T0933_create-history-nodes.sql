create view if not exists history_nodes as
select workspace_id, node, argMax(profile_id, version) as profile_id from node_map group by workspace_id, node;

-- Before anything is sent to a profile it is asked whether an identifier has just gone from or to it.
create index profile_rebuild_from on profile_rebuild (workspace_id, from_profile);
create index profile_rebuild_into on profile_rebuild (workspace_id, into_profile);

-- Cost at a million rows: creates an empty table; search.Rebuild fills it, some 20 minutes and 2 GB per million requests.
create table search_doc (
  doc bigint not null primary key,
  kind text collate "C" not null,
  id text collate "C" not null,
  at bigint not null,
  digest bigint not null,
  fts tsvector not null,
  unique (kind, id)
);
-- A short pending list: every search reads it from end to end.
create index search_doc_fts on search_doc using gin (fts) with (gin_pending_list_limit = 512);

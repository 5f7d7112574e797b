-- Cost at a million rows: one index over the records, a second or two.
create table request_publication (
  matter_id text collate "C" primary key references matter (id),
  text text collate "C" not null,    -- what everybody may read; '' nothing of the resident's words
  place text collate "C" not null,   -- the address as everybody may read it
  by text collate "C" not null,
  at bigint not null
);
create index request_publication_at on request_publication (at, matter_id);

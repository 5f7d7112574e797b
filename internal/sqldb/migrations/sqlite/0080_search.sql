-- Cost at a million rows: creates empty tables; search.Rebuild fills them, some 10 minutes and 1 GB per million requests.
create table search_doc (
  doc integer not null primary key,
  kind text not null,
  id text not null,
  at integer not null,
  digest integer not null,
  unique (kind, id)
) strict;
-- The words are made in Go (package search). The tokenizer is ascii because it takes every character beyond ASCII as
-- part of a word, while unicode61 knows Unicode 6.1 only and drops the rare characters that were added later.
create virtual table search_fts using fts5(body, content='', contentless_delete=1, tokenize='ascii');

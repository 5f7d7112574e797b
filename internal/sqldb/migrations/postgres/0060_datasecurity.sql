-- Cost at a million rows: three indexes over logs that are short beside the requests, a second or two.
create index datasecurity_look_actor on request_look (actor, at, id);
create index datasecurity_look_matter on request_look (matter_id, at);
create index datasecurity_deed_kind on actor_deed (deed, at, id);
-- Who looked and who changed what is never rewritten.
create function datasecurity_log_is_append_only() returns trigger language plpgsql as 'begin raise exception ''the log is append-only'' using errcode = ''restrict_violation''; end';
create trigger datasecurity_look_no_change before update or delete on request_look for each row execute function datasecurity_log_is_append_only();
create trigger datasecurity_deed_no_change before update or delete on actor_deed for each row execute function datasecurity_log_is_append_only();

-- Cost at a million rows: three indexes over logs that are short beside the requests, a second or two.
create index datasecurity_look_actor on request_look (actor, at, id);
create index datasecurity_look_matter on request_look (matter_id, at);
create index datasecurity_deed_kind on actor_deed (deed, at, id);

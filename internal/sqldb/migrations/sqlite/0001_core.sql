-- Cost at a million rows: creates empty tables, nothing to move.
create table matter (
  id text not null primary key,
  kind text not null,
  number text not null unique,
  state text not null,
  open integer not null,
  version integer not null,
  title text not null,
  topic text not null,
  area text not null,
  unit text not null,
  sealed integer not null,
  opened_at integer not null,
  due_at integer,
  closed_at integer,
  changed_at integer not null
) strict;
create index matter_newest on matter (opened_at, id);
create index matter_open_state on matter (state, opened_at, id, kind) where open;
create index matter_open_newest on matter (opened_at, id) where open;
create index matter_state on matter (state, kind);
create index matter_open_due on matter (due_at, id) where open;
create index matter_unit on matter (unit, opened_at, id);
create index matter_topic on matter (topic, opened_at, id);
create index matter_area on matter (area, opened_at, id);

create table matter_event (
  xid integer not null default 0 check (xid = 0),
  id integer not null primary key,
  matter_id text not null references matter (id),
  seq integer not null,
  name text not null,
  actor text not null,
  unit text not null,
  at integer not null,
  body text not null,
  unique (matter_id, seq)
) strict;
create trigger matter_event_no_update before update on matter_event begin select raise(abort, 'history is append-only'); end;
create trigger matter_event_no_delete before delete on matter_event begin select raise(abort, 'history is append-only'); end;
create index matter_event_at on matter_event (at, id);

create table matter_link (
  from_id text not null references matter (id),
  kind text not null,
  to_id text not null references matter (id),
  at integer not null,
  primary key (from_id, kind, to_id)
) strict;
create index matter_link_to on matter_link (to_id, kind);

create table matter_cursor (
  name text not null primary key,
  xid integer not null,
  id integer not null
) strict;

create table actor_unit (
  id text not null primary key,
  parent_id text not null,
  path text not null unique,
  name text not null,
  short text not null,
  kind text not null,
  area text not null,
  phone text not null,
  hours text not null,
  remit text not null,
  active integer not null,
  sort integer not null
) strict;
create index actor_unit_area on actor_unit (area, kind);

create table actor_staff (
  id text not null primary key,
  login text not null unique,
  name text not null,
  number text not null,
  unit_id text not null references actor_unit (id),
  password text not null,
  active integer not null,
  demo integer not null,
  created_at integer not null
) strict;
create index actor_staff_unit on actor_staff (unit_id);

create table actor_role (
  staff_id text not null references actor_staff (id),
  role text not null,
  primary key (staff_id, role)
) strict;

create table actor_session (
  token text not null primary key,
  staff_id text not null references actor_staff (id),
  device text not null,
  created_at integer not null,
  seen_at integer not null,
  expires_at integer not null
) strict;
create index actor_session_staff on actor_session (staff_id);

create table actor_deed (
  id text not null primary key,
  at integer not null,
  actor text not null,
  unit text not null,
  deed text not null,
  subject text not null,
  detail text not null
) strict;
create index actor_deed_at on actor_deed (at, id);
create index actor_deed_actor on actor_deed (actor, at);

create table place_area (
  code text not null primary key,
  parent text not null,
  level text not null,
  name text not null,
  aliases text not null,
  lat real not null,
  lng real not null,
  border text not null,
  population integer not null,
  active integer not null
) strict;
create index place_area_parent on place_area (parent, code);

create table place_address (
  id text not null primary key,
  text text not null,
  folded text not null,
  area text not null,
  estate text not null,
  lat real not null,
  lng real not null
) strict;
create index place_address_folded on place_address (folded, id);
create index place_address_lat on place_address (lat, lng);

create table place_facility (
  id text not null primary key,
  kind text not null,
  code text not null,
  name text not null,
  folded text not null,
  area text not null,
  lat real not null,
  lng real not null,
  active integer not null
) strict;
create index place_facility_folded on place_facility (folded);
create index place_facility_kind on place_facility (kind, area);

create table place_feature (
  id text not null primary key,
  kind text not null,
  class text not null,
  name text not null,
  rank integer not null,
  shape text not null
) strict;

create table catalog_category (
  code text not null primary key,
  parent text not null,
  name text not null,
  description text not null,
  keywords text not null,
  questions text not null,
  limit_n integer not null,
  limit_unit text not null,
  type text not null,
  urgency text not null,
  publicity text not null,
  place_required integer not null,
  legal text not null,
  hint text not null,
  active integer not null,
  rev integer not null,
  sort integer not null
) strict;
create index catalog_category_parent on catalog_category (parent, sort);

create table catalog_duty (
  id text not null primary key,
  category text not null,
  area text not null,
  scope text not null,
  lead text not null,
  assists text not null,
  reason text not null,
  valid_from text not null,
  valid_to text not null,
  active integer not null,
  rev integer not null
) strict;
create index catalog_duty_category on catalog_duty (category, area);

create table catalog_community (
  category text not null primary key,
  kind text not null,
  note text not null
) strict;

create table catalog_text (
  code text not null primary key,
  kind text not null,
  pinyin text not null,
  category text not null,
  title text not null,
  body text not null,
  active integer not null,
  rev integer not null
) strict;

create table catalog_knowledge (
  code text not null primary key,
  question text not null,
  answer text not null,
  unit text not null,
  keywords text not null,
  active integer not null,
  rev integer not null
) strict;

create table catalog_refusal (
  code text not null primary key,
  name text not null,
  tell text not null,
  route text not null,
  text_required integer not null,
  sort integer not null
) strict;

create table catalog_day (
  day text not null primary key,
  worked integer not null,
  name text not null
) strict;

create table catalog_setting (
  name text not null primary key,
  value text not null
) strict;

create table catalog_revision (
  id text not null primary key,
  at integer not null,
  actor text not null,
  what text not null,
  code text not null,
  rev integer not null,
  before text not null,
  after text not null
) strict;
create index catalog_revision_of on catalog_revision (what, code, rev);

create table request_order (
  matter_id text not null primary key references matter (id),
  type text not null,
  channel text not null,
  body text not null,
  category text not null,
  category_rev integer not null,
  answers text not null,
  address text not null,
  area text not null,
  district text not null,
  lat real,
  lng real,
  urgency text not null,
  publicity text not null,
  no_reply integer not null,
  code_hash text not null,
  source text not null,
  source_id text,
  taken_by text not null,
  round integer not null,
  ruled integer not null,
  followers integer not null,
  reply_count integer not null,
  solved text not null,
  rating integer not null,
  unique (source, source_id)
) strict;
create index request_order_near on request_order (lat, lng);
create index request_order_channel on request_order (channel, matter_id);

create table request_contact (
  id text not null primary key,
  matter_id text not null references matter (id),
  kind text not null,
  name text not null,
  phone text not null,
  email text not null,
  home text not null,
  masked text not null,
  phone_token text not null,
  created_at integer not null
) strict;
create index request_contact_matter on request_contact (matter_id, kind);
create index request_contact_phone on request_contact (phone_token, created_at);

create table request_look (
  id text not null primary key,
  at integer not null,
  actor text not null,
  unit text not null,
  matter_id text not null,
  contact_id text not null,
  reason text not null
) strict;
create index request_look_at on request_look (at, id);

create table request_task (
  id text not null primary key,
  matter_id text not null references matter (id),
  unit_id text not null references actor_unit (id),
  role text not null,
  state text not null,
  open integer not null,
  round integer not null,
  limit_n integer not null,
  limit_unit text not null,
  reason text not null,
  sent_at integer not null,
  due_at integer not null,
  accepted_at integer,
  done_at integer
) strict;
create index request_task_open on request_task (unit_id, due_at, id) where open;
create index request_task_matter on request_task (matter_id, role, round);
create index request_task_unit on request_task (unit_id, sent_at);

create table request_note (
  matter_id text not null references matter (id),
  seq integer not null,
  kind text not null,
  audience text not null,
  text text not null,
  primary key (matter_id, seq, kind)
) strict;

create table request_file (
  id text not null primary key,
  matter_id text not null references matter (id),
  seq integer not null,
  kind text not null,
  audience text not null,
  hash text not null,
  thumb text not null,
  width integer not null,
  height integer not null,
  at integer not null
) strict;
create index request_file_matter on request_file (matter_id, seq);

create table request_plea (
  id text not null primary key,
  matter_id text not null references matter (id),
  task_id text not null references request_task (id),
  kind text not null,
  state text not null,
  open integer not null,
  unit_id text not null,
  proposed text not null,
  days integer not null,
  until integer,
  asked_seq integer not null,
  asked_at integer not null,
  ruled_at integer,
  ruled_by text not null
) strict;
create index request_plea_open on request_plea (kind, asked_at, id) where open;
create index request_plea_matter on request_plea (matter_id, asked_at);

create table request_pause (
  matter_id text not null references matter (id),
  from_at integer not null,
  to_at integer,
  reason text not null,
  primary key (matter_id, from_at)
) strict;

create table request_subject (
  matter_id text not null references matter (id),
  unit_id text not null references actor_unit (id),
  primary key (matter_id, unit_id)
) strict;

create table request_flag (
  matter_id text not null references matter (id),
  kind text not null,
  at integer not null,
  actor text not null,
  primary key (matter_id, kind)
) strict;

create table request_number (
  day text not null primary key,
  next integer not null
) strict;

create table request_view (
  id text not null primary key,
  staff_id text not null references actor_staff (id),
  name text not null,
  query text not null,
  created_at integer not null
) strict;
create index request_view_staff on request_view (staff_id, created_at);

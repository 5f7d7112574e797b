-- cost at a million rows: four columns with a constant default are instant; the two partial indexes are empty
alter table request_contact add column openid text not null default '';
alter table request_contact add column email_token text not null default '';
alter table request_contact add column openid_token text not null default '';
alter table request_contact add column prefer text not null default '';
create index request_contact_email on request_contact (email_token, created_at) where email_token <> '';
create index request_contact_openid on request_contact (openid_token, created_at) where openid_token <> '';

CREATE ROLE users LOGIN;
CREATE DATABASE users OWNER users;
\connect users
CREATE TABLE entry (text text);
INSERT INTO entry SELECT unnest(ARRAY['ada', 'grace']);
GRANT SELECT ON entry TO users;

CREATE ROLE posts LOGIN;
CREATE DATABASE posts OWNER posts;
\connect posts
CREATE TABLE entry (text text);
INSERT INTO entry SELECT unnest(ARRAY['first post', 'second post']);
GRANT SELECT ON entry TO posts;

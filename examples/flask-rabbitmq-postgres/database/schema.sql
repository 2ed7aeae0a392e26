-- The worker may add notes and read them; no other role exists.
CREATE ROLE worker LOGIN;
CREATE DATABASE notes;
\connect notes
CREATE TABLE note (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    text text NOT NULL,
    writer text NOT NULL DEFAULT current_user
);
GRANT INSERT, SELECT ON note TO worker;

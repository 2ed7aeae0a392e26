-- Accounts of MariaDB or MySQL that need a certificate. Made by pkictl <version>.
-- Use:   mariadb < mariadb-accounts.sql   (as administrator)
-- Check: SHOW CREATE USER
-- A certificate is enough, and no password is asked for. An account that is already there keeps its password.
-- The second statement is for an account that is already there.
CREATE USER IF NOT EXISTS 'backend'@'%' REQUIRE SUBJECT '/CN=backend';
ALTER USER 'backend'@'%' REQUIRE SUBJECT '/CN=backend';
GRANT ALL PRIVILEGES ON `web\_shop`.* TO 'backend'@'%';

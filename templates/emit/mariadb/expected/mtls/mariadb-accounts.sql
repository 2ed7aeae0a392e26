-- Accounts of MariaDB or MySQL that need a certificate. Made by pkictl <version>.
-- Use:   mariadb < mariadb-accounts.sql   (as administrator)
-- Check: SHOW CREATE USER
-- A certificate is enough, and no password is asked for. An account that is already there keeps its password.
-- The second statement is for an account that is already there.
-- Any certificate of the authorities in ssl_ca: every client of the environment can be this account.
CREATE USER IF NOT EXISTS 'app'@'%' REQUIRE X509;
ALTER USER 'app'@'%' REQUIRE X509;
GRANT ALL PRIVILEGES ON `shop`.* TO 'app'@'%';

// The users of the callers: each is named by its subject, and has no password. Made by pkictl <version>.
// Not tried with a real MongoDB.
// Check: db.getSiblingDB('$external').getUsers()
const external = db.getSiblingDB('$external')
external.runCommand({ createUser: "CN=backend", roles: [{ role: 'readWrite', db: "shop" }] })

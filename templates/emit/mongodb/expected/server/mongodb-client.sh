# How a client reaches MongoDB over TLS; the host name is checked. Made by pkictl <version>.
# Not tried with a real MongoDB.
# Use:   . ./mongodb-client.sh
# Check: mongosh "$MONGODB_URI" --eval 'db.runCommand({ connectionStatus: 1 })'
export MONGODB_URI='mongodb://web.apps.example.com:27017/app?tls=true&tlsCAFile=/etc/tls/ca.crt'

# How a client reaches MongoDB over TLS; the host name is checked. Made by pkictl <version>.
# Not tried with a real MongoDB.
# Use:   . ./mongodb-client.sh
# Check: mongosh "$MONGODB_URI" --eval 'db.runCommand({ connectionStatus: 1 })'
export MONGODB_URI='mongodb://[2001:db8::5]:27017/app?tls=true&tlsCAFile=/it%27s%20here/50%25/ca.crt&tlsCertificateKeyFile=/it%27s%20here/50%25/mongodb-client.pem&authMechanism=MONGODB-X509&authSource=%24external'

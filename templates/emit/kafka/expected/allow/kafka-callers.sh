# Gives the callers their rights to all topics and groups. Made by pkictl <version>.
# Not tried with a real Kafka.
# Use:   sh kafka-callers.sh   (with the properties of a broker, who may do so: kafka.pem in the place of kafka-client.pem)
# Check: kafka-acls.sh --bootstrap-server web.apps.example.com:9093 --command-config kafka-client.properties --list
set -eu
for caller in CN=backend; do
    kafka-acls.sh --bootstrap-server web.apps.example.com:9093 --command-config kafka-client.properties \
        --add --allow-principal "User:$caller" --operation All --topic '*' --group '*'
done

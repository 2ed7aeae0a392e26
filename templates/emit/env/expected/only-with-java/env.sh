# Trusts "<name of root>", "<name of intermediate>" in programs of this shell. Made by pkictl <version>.
# Use:   . ./env.sh
# Check: curl --head https://YOUR-SERVER/   (or any other client below)
pkictl_dir="${XDG_CACHE_HOME:-$HOME/.cache}/pkictl/ours"
mkdir -p "$pkictl_dir/none"
cat > "$pkictl_dir/pkictl-root-fingerprint.crt" <<'PEM'
<root>
PEM
cat > "$pkictl_dir/pkictl-intermediate-fingerprint.crt" <<'PEM'
<intermediate>
PEM
cat "$pkictl_dir/pkictl-root-fingerprint.crt" "$pkictl_dir/pkictl-intermediate-fingerprint.crt" > "$pkictl_dir/ca.pem"

cp "$pkictl_dir/ca.pem" "$pkictl_dir/bundle.pem"

# These replace: whoever reads one of them trusts what is in it, and nothing else.
# OpenSSL (Python's ssl, Ruby), Go and .NET look into a directory, too: an empty one.
export SSL_CERT_DIR="$pkictl_dir/none"
export SSL_CERT_FILE="$pkictl_dir/bundle.pem"      # OpenSSL: Python's ssl, Ruby, .NET; Go; rustls with native roots
export CURL_CA_BUNDLE="$pkictl_dir/bundle.pem"     # curl
export REQUESTS_CA_BUNDLE="$pkictl_dir/bundle.pem" # Python's requests
export PIP_CERT="$pkictl_dir/bundle.pem"           # pip
export GIT_SSL_CAINFO="$pkictl_dir/bundle.pem"     # git
# Node brings authorities of its own, unless it is told to ask OpenSSL, which reads SSL_CERT_FILE.
export NODE_OPTIONS="${NODE_OPTIONS:+$NODE_OPTIONS }--use-openssl-ca"

# Java reads no PEM. Its trust store replaces that of the JDK.
rm -f "$pkictl_dir/truststore"
keytool -importcert -noprompt -trustcacerts -alias pkictl-root-fingerprint -file "$pkictl_dir/pkictl-root-fingerprint.crt" \
    -keystore "$pkictl_dir/truststore" -storetype PKCS12 -storepass changeit > "$pkictl_dir/keytool.log" 2>&1
keytool -importcert -noprompt -trustcacerts -alias pkictl-intermediate-fingerprint -file "$pkictl_dir/pkictl-intermediate-fingerprint.crt" \
    -keystore "$pkictl_dir/truststore" -storetype PKCS12 -storepass changeit > "$pkictl_dir/keytool.log" 2>&1
# Java says on its standard error that it has read this variable.
export JAVA_TOOL_OPTIONS="-Djavax.net.ssl.trustStore=$pkictl_dir/truststore -Djavax.net.ssl.trustStorePassword=changeit"

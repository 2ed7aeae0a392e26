# Trusts "<name of root>", "<name of intermediate>" in programs of this shell. Made by pkictl <version>.
# Use:   . ./env.sh
# Check: curl --head https://YOUR-SERVER/   (or any other client below)
pkictl_dir="${XDG_CACHE_HOME:-$HOME/.cache}/pkictl/dev"
mkdir -p "$pkictl_dir"
cat > "$pkictl_dir/pkictl-dev-root.crt" <<'PEM'
<root>
PEM
cat > "$pkictl_dir/pkictl-dev-intermediate.crt" <<'PEM'
<intermediate>
PEM
cat "$pkictl_dir/pkictl-dev-root.crt" "$pkictl_dir/pkictl-dev-intermediate.crt" > "$pkictl_dir/ca.pem"

# Most programs read one list, and a list of ours would take the place of the public authorities: so both go into one.
pkictl_list=/dev/null
for pkictl_try in "${SSL_CERT_FILE:-}" /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt \
    /etc/ssl/ca-bundle.pem /etc/ssl/cert.pem; do
    # A list that was made here before, perhaps for another environment, is no beginning for a new one.
    case $pkictl_try in "" | */pkictl/*/bundle.pem) continue ;; esac
    if [ -r "$pkictl_try" ]; then
        pkictl_list=$pkictl_try
        break
    fi
done
cat "$pkictl_list" "$pkictl_dir/ca.pem" > "$pkictl_dir/bundle.pem"

# These replace: whoever reads one of them trusts what is in it, and nothing else.
export SSL_CERT_FILE="$pkictl_dir/bundle.pem"      # OpenSSL: Python's ssl, Ruby, .NET; Go; rustls with native roots
export CURL_CA_BUNDLE="$pkictl_dir/bundle.pem"     # curl
export REQUESTS_CA_BUNDLE="$pkictl_dir/bundle.pem" # Python's requests
export PIP_CERT="$pkictl_dir/bundle.pem"           # pip
export GIT_SSL_CAINFO="$pkictl_dir/bundle.pem"     # git
# This adds: Node trusts its own authorities as well.
export NODE_EXTRA_CA_CERTS="$pkictl_dir/ca.pem"

# Java reads no PEM. Its trust store replaces that of the JDK, of which it is a copy with ours added.
rm -f "$pkictl_dir/truststore"
pkictl_java=$(java -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java\.home = //p')
cp "$pkictl_java/lib/security/cacerts" "$pkictl_dir/truststore"
chmod u+w "$pkictl_dir/truststore"
keytool -importcert -noprompt -trustcacerts -alias pkictl-dev-root -file "$pkictl_dir/pkictl-dev-root.crt" \
    -keystore "$pkictl_dir/truststore" -storepass changeit > "$pkictl_dir/keytool.log" 2>&1
keytool -importcert -noprompt -trustcacerts -alias pkictl-dev-intermediate -file "$pkictl_dir/pkictl-dev-intermediate.crt" \
    -keystore "$pkictl_dir/truststore" -storepass changeit > "$pkictl_dir/keytool.log" 2>&1
# Java says on its standard error that it has read this variable.
export JAVA_TOOL_OPTIONS="-Djavax.net.ssl.trustStore=$pkictl_dir/truststore -Djavax.net.ssl.trustStorePassword=changeit"

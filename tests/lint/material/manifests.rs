//! Certificates and keys inside of manifests.

use super::Maker;

pub(super) fn manifests(maker: &Maker<'_>) {
    let text = |name: &str| serde_json::Value::String(maker.place.read(name)).to_string();
    let (certificate, key, other) = (text("good.crt"), text("good.key"), text("cn-only.key"));
    let secret = |name: &str, data: &str, strings: &str| {
        format!(
            "{{\"apiVersion\": \"v1\", \"kind\": \"Secret\", \"type\": \"kubernetes.io/tls\", \
             \"metadata\": {{\"name\": \"{name}\"}}, \"data\": {{{data}}}, \"stringData\": {{{strings}}}}}"
        )
    };
    maker.place.write("secret.yaml", secret("a", "\"tls.crt\": \"no base64!\"", ""));
    let encoded =
        maker.openssl.accepts(["base64", "-A", "-in", &maker.place.file("good.crt").display().to_string()]);
    let data = format!("\"tls.crt\": \"{}\"", encoded.trim());
    maker.place.write("sound-secret.yaml", secret("b", &data, &format!("\"tls.key\": {key}")));
    maker.place.write("swapped-secret.json", secret("c", &data, &format!("\"tls.key\": {other}")));
    maker.place.write(
        "configmap.yaml",
        format!(
            "kind: ConfigMap\nmetadata: {{name: web}}\ndata:\n  tls.crt: {certificate}\n  tls.key: {key}\n"
        ),
    );
    maker.place.write(
        "route.yaml",
        "apiVersion: route.openshift.io/v1\nkind: Route\nmetadata: {name: web}\nspec: {to: {kind: Service, name: web}, path: x}\n",
    );
    maker.place.write("broken.yaml", "a: b: c\n");
    maker.place.write("service.yaml", "kind: Service\nmetadata: {name: web}\n---\nkind: Pod\n");
}

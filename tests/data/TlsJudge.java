import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.CertPathValidator;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/**
 * Validates chains by PKIX and calls TLS servers. Each line of standard input is a chain (chain, root) or a call (port,
 * version, roots, host, chain, key), separated by tabs, `-` for what is not there. Each line of output is `ok` or the
 * reason of the refusal.
 */
class TlsJudge {
    static final char[] NO_PASSWORD = {};

    public static void main(String[] arguments) throws Exception {
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            String[] words = line.split("\t");
            String said = "ok";
            try {
                if (words.length == 2) {
                    validate(words[0], words[1]);
                } else {
                    call(words);
                }
            } catch (Exception error) {
                StringBuilder reasons = new StringBuilder();
                for (Throwable cause = error; cause != null; cause = cause.getCause()) {
                    reasons.append(cause).append("; ");
                }
                said = reasons.toString().replace('\n', ' ');
            }
            System.out.println(said);
        }
    }

    static void validate(String chain, String root) throws Exception {
        PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(certificates(root).get(0), null)));
        parameters.setRevocationEnabled(false);
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        CertPathValidator.getInstance("PKIX").validate(factory.generateCertPath(certificates(chain)), parameters);
    }

    static void call(String[] words) throws Exception {
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        for (X509Certificate root : certificates(words[2])) {
            trusted.setCertificateEntry("root" + trusted.size(), root);
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(trusted);
        KeyStore own = KeyStore.getInstance(KeyStore.getDefaultType());
        own.load(null, null);
        if (!words[4].equals("-")) {
            List<X509Certificate> chain = certificates(words[4]);
            PrivateKey key = key(words[5], chain.get(0).getPublicKey().getAlgorithm());
            own.setKeyEntry("client", key, NO_PASSWORD, chain.toArray(new Certificate[0]));
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(own, NO_PASSWORD);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);

        String host = words[3];
        int port = Integer.parseInt(words[0]);
        try (Socket plain = new Socket("127.0.0.1", port);
                SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(plain, host, port, true)) {
            plain.setSoTimeout(20_000);
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            parameters.setProtocols(new String[] {"TLSv" + words[1]});
            socket.setSSLParameters(parameters);
            socket.getOutputStream().write("GET / HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readNBytes(15), StandardCharsets.US_ASCII);
            if (!answer.equals("HTTP/1.0 200 ok")) {
                throw new IllegalStateException("answered " + answer);
            }
        }
    }

    static List<X509Certificate> certificates(String file) throws Exception {
        List<X509Certificate> all = new ArrayList<>();
        try (InputStream input = Files.newInputStream(Path.of(file))) {
            for (Certificate one : CertificateFactory.getInstance("X.509").generateCertificates(input)) {
                all.add((X509Certificate) one);
            }
        }
        return all;
    }

    static PrivateKey key(String file, String algorithm) throws Exception {
        String text = Files.readString(Path.of(file)).replaceAll("-----[A-Z ]+-----", "");
        byte[] der = Base64.getMimeDecoder().decode(text);
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
    }
}

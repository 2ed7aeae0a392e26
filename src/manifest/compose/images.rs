//! What an image serves: the emitter and the profile that fit it.

use crate::emit::{Emitters, OptionType};

/// Programs by the names of their images, where these differ from the emitter's.
const PROGRAMS: &[(&str, &str)] = &[
    ("confluent-local", "kafka"),
    ("cp-kafka", "kafka"),
    ("eclipse-mosquitto", "mosquitto"),
    ("emqx", "mqtt"),
    ("httpd", "apache"),
    ("mongo", "mongodb"),
    ("nginx-unprivileged", "nginx"),
    ("openbao", "vault"),
    ("openresty", "nginx"),
    ("percona", "mysql"),
    ("pgvector", "postgres"),
    ("postgis", "postgres"),
    ("postgresql", "postgres"),
    ("redis-stack-server", "redis"),
    ("timescaledb", "postgres"),
    ("timescaledb-ha", "postgres"),
];

/// Programs that serve and may have no emitter.
const SERVERS: &[&str] = &[
    "caddy",
    "cassandra",
    "clickhouse-server",
    "consul",
    "elasticsearch",
    "envoy",
    "etcd",
    "grafana",
    "influxdb",
    "kafka",
    "keycloak",
    "memcached",
    "minio",
    "mongodb",
    "mqtt",
    "mysql",
    "nats",
    "neo4j",
    "opensearch",
    "prometheus",
    "registry",
    "traefik",
    "valkey",
    "vault",
    "zookeeper",
];

/// Profiles of programs whose certificates differ from those of other servers.
const PROFILES: &[(&str, &str)] = &[("postgres", "postgres-server")];

/// What is known of an image.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Known {
    /// The program, if it is one that serves.
    pub(super) program: Option<String>,
    /// The emitter of its configuration.
    pub(super) target: Option<String>,
    /// The profile of its certificate.
    pub(super) profile: Option<&'static str>,
}

/// What is known of an image by its name, such as `docker.io/bitnami/postgresql:16`.
pub(super) fn known(image: &str, emitters: &Emitters) -> Known {
    let image = without_variables(image);
    let repository = image.split('@').next().unwrap_or_default();
    let last = repository.rsplit('/').next().unwrap_or_default();
    let base = last.split(':').next().unwrap_or_default().to_ascii_lowercase();
    let program =
        PROGRAMS.iter().find(|(image, _)| *image == base).map_or(base.as_str(), |(_, program)| program);
    let target = configures_servers(program, emitters).then(|| program.to_owned());
    if target.is_none() && !SERVERS.contains(&program) {
        return Known::default();
    }
    let profile = PROFILES.iter().find(|(name, _)| *name == program).map(|(_, profile)| *profile);
    Known { program: Some(program.to_owned()), target, profile }
}

/// Whether there is an emitter of this name that needs nothing but its certificate.
fn configures_servers(program: &str, emitters: &Emitters) -> bool {
    let Ok(emitter) = emitters.load(program) else { return false };
    let is_cert = |name: &str, kind| name == "cert" && kind == OptionType::Server;
    emitter.options.iter().any(|option| is_cert(&option.name, option.kind))
        && emitter.options.iter().all(|option| !option.required || is_cert(&option.name, option.kind))
}

/// `${NAME:-text}` and `${NAME-text}` become their text, and every other variable nothing.
fn without_variables(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        plain += before;
        let (variable, behind) = after.split_once('}').unwrap_or((after, ""));
        plain += variable.split_once('-').map_or("", |(_, default)| default);
        rest = behind;
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::{Known, PROFILES, known};
    use crate::emit::Emitters;
    use crate::profile::Profiles;

    #[test]
    fn images_are_known_by_the_last_part_of_their_names() {
        let emitters = Emitters::built_in();
        let postgres = Known {
            program: Some("postgres".into()),
            target: Some("postgres".into()),
            profile: Some("postgres-server"),
        };
        for image in [
            "postgres",
            "postgres:16-alpine",
            "registry.example.com:5000/bitnami/postgresql@sha256:00",
            "postgis/postgis:16-3.4",
            "${REGISTRY}/postgres:${TAG:-16}",
            "${IMAGE:-library/postgres:16}",
        ] {
            assert_eq!(known(image, &emitters), postgres, "{image}");
        }
        assert_eq!(known("eclipse-mosquitto:2", &emitters).target.as_deref(), Some("mosquitto"));
        assert_eq!(known("confluentinc/cp-kafka", &emitters).program.as_deref(), Some("kafka"));
        for image in ["example/shop", "", ":", "${", "route", "env", "deployment", "../postgres/x"] {
            assert_eq!(known(image, &emitters), Known::default(), "{image}");
        }
        // An emitter of that name is about handing over the signing, not about the server.
        assert_eq!(known("hashicorp/vault", &emitters).target, None);
    }

    #[test]
    fn the_profiles_are_there() {
        let profiles = Profiles::built_in();
        for (_, profile) in PROFILES {
            assert!(profiles.load(profile).is_ok_and(|profile| profile.role.serves()), "{profile}");
        }
    }
}

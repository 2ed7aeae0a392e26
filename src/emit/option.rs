//! What an emitter can be told, as its description has it.

use serde::Deserialize;

/// Something that an emitter can be told.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptionSpec {
    /// The long name; templates write `_` for `-`.
    pub name: String,
    /// The form of its value.
    #[serde(rename = "type")]
    pub kind: OptionType,
    /// One sentence for people.
    pub help: String,
    /// The values of a `choice`.
    #[serde(default)]
    pub choices: Vec<String>,
    /// Whether it is given by its place, in the order of the description.
    #[serde(default)]
    pub positional: bool,
    /// Whether nothing can be made without it.
    #[serde(default)]
    pub required: bool,
    /// Its value when none is given: a template that may use the options before it. One that renders to nothing
    /// leaves it absent.
    pub default: Option<String>,
    /// Whether it is left out of help: it is there to be refused with a reason.
    #[serde(default)]
    pub hidden: bool,
    /// A letter that can be written for its name.
    pub short: Option<char>,
    /// Further long names.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// What stands for the value in help.
    pub value_name: Option<String>,
    /// Smallest value of an `integer`.
    pub min: Option<i64>,
    /// Largest value of an `integer`.
    pub max: Option<i64>,
    /// For `server`, `client` and `authority`: material from elsewhere is given by path, and these options name its other files.
    pub files: Option<FileOptions>,
    /// For `server`, `client`, `callers` and `trust` in a manifest that says nothing of it: an expression over the other
    /// options, `serves` and `calls`, whether the service's own credential, callers or authority are meant.
    pub own: Option<String>,
}

/// The form of an option's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OptionType {
    /// Any text.
    String,
    /// ASCII letters, digits and `. _ - / : @`, which no syntax needs to quote: an image, a user, an object's name.
    Word,
    /// A whole number.
    Integer,
    /// Given or not given.
    Flag,
    /// One of a few values.
    Choice,
    /// Texts; can be given several times.
    List,
    /// A host name, perhaps with a wildcard: lower case, A-labels.
    Hostname,
    /// An address to listen on: IPv4, IPv6 without brackets, or a host name; no port.
    Address,
    /// A port: a number, or a name (text) where Kubernetes takes one.
    Port,
    /// A directory that can be mounted or named in a configuration.
    Directory,
    /// A Kubernetes namespace (a DNS-1123 label).
    Namespace,
    /// What Kubernetes keeps to a DNS-1123 label, such as the name of a container.
    Label,
    /// The name of a Kubernetes Service (a DNS-1035 label); `svc/` in front of it is removed.
    Service,
    /// The name of another Kubernetes object (a DNS-1123 subdomain).
    Name,
    /// A credential that serves: allows `serverAuth`.
    Server,
    /// A credential that calls: allows `clientAuth`.
    Client,
    /// Credentials that call, each given once or several times: whom a server admits.
    Callers,
    /// Credentials for whatever purpose, each given once or several times.
    Credentials,
    /// An authority with its private key: someone else will sign in its place.
    Authority,
    /// An authority by name, or a file of CA certificates.
    Trust,
}

/// Names of the options that give the other files of a credential made elsewhere.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileOptions {
    /// The option for the file of the private key.
    pub key: String,
    /// The option for the file of the authorities.
    pub ca: Option<String>,
}

impl OptionSpec {
    /// The name by which templates know it.
    pub fn variable(&self) -> String {
        self.name.replace('-', "_")
    }

    /// Every long name that it takes from the command line: its own, and those of its other files.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let files = self.files.iter().flat_map(|files| std::iter::once(&files.key).chain(&files.ca));
        std::iter::once(&self.name).chain(&self.aliases).chain(files).map(String::as_str)
    }

    /// Whether its value is one text or number.
    pub(super) fn is_text(&self) -> bool {
        use OptionType::{Authority, Callers, Client, Credentials, Flag, List, Server, Trust};
        !matches!(self.kind, Flag | List | Server | Client | Callers | Credentials | Authority | Trust)
    }

    pub(super) fn check(&self) -> Result<(), &'static str> {
        use OptionType::{Authority, Choice, Client, Flag, Integer, Server};
        let is_text = self.is_text();
        let rules = [
            (
                (self.kind == Choice) != self.choices.is_empty(),
                "`choices` is for type `choice`, which requires it",
            ),
            (!self.positional || is_text, "only a single text, number or choice can be positional"),
            (self.default.is_none() || is_text, "only a text, a number or a choice has a default"),
            (!self.required || self.default.is_none(), "a required option has no default"),
            (!self.required || self.kind != Flag, "a flag cannot be required"),
            (
                self.files.is_none() || matches!(self.kind, Server | Client | Authority),
                "`files` is for types `server`, `client` and `authority`",
            ),
            (self.short.is_none_or(|c| c.is_ascii_alphabetic()), "`short` is one ASCII letter"),
            (
                (self.min.is_none() && self.max.is_none()) || self.kind == Integer,
                "`min` and `max` are for type `integer`",
            ),
        ];
        rules.iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, reason)| Err(reason))
    }
}

//! Reports made by hand.

use pkictl::report::policy::{
    Cell, CertificateReport, Declared, EnvironmentReport, PolicyReport, ServiceReport, Verdict,
};
use pkictl::report::{Check, Group, Outcome};
use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::datetime;

/// The moment of all reports.
pub const NOW: OffsetDateTime = datetime!(2026-06-01 12:00 UTC);

/// Builds an environment: who serves, and who may call them (nobody named: anyone).
pub struct Builder {
    environment: EnvironmentReport,
}

impl Builder {
    /// An environment with a root.
    pub fn new(name: &str) -> Self {
        let mut builder = Self {
            environment: EnvironmentReport {
                name: name.into(),
                services: vec![],
                cells: vec![],
                certificates: vec![],
                checks: vec![],
            },
        };
        builder.certificate("root", true, -30, 3650);
        builder
    }

    /// A service, with the end of its certificate in days from now.
    pub fn service(mut self, name: &str, serves: bool, callers: Option<&[&str]>, days: i64) -> Self {
        let domain = self.environment.name.clone();
        let callers = callers.map(|callers| callers.iter().map(|one| (*one).to_owned()).collect());
        self.environment.services.push(ServiceReport {
            name: name.into(),
            domain,
            serves,
            calls: true,
            names: vec![],
            callers,
        });
        self.certificate(name, false, days - 365, days);
        self
    }

    fn certificate(&mut self, name: &str, authority: bool, from: i64, until: i64) {
        let day = |days: i64| (NOW + time::Duration::days(days)).format(&Rfc3339).expect("a date");
        self.environment.certificates.push(CertificateReport {
            name: name.into(),
            domain: self.environment.name.clone(),
            authority,
            subject: format!("CN={name}, O=Example"),
            not_before: day(from),
            not_after: day(until),
            sha256: "ab".repeat(32),
        });
        let outcome = if until < 0 {
            Outcome::failed("a certificate that is valid now", format!("it expired {} days ago", -until))
                .with_fix("issue it again")
        } else {
            Outcome::Passed
        };
        self.environment.checks.push(Check::new("dates", Group::Static, "is valid now", name, outcome));
    }

    /// Every pair, by two handshakes each. `broken` pairs did not come out as declared, `untried` ones were not tried.
    pub fn cells(mut self, broken: &[(Option<&str>, &str)], untried: &[(Option<&str>, &str)]) -> Self {
        let services = self.environment.services.clone();
        let names = services.iter().map(|service| Some(service.name.clone())).chain([None]);
        for caller in names {
            for callee in services.iter().filter(|callee| callee.serves) {
                if caller.as_ref() == Some(&callee.name) {
                    continue;
                }
                let declared = match (&callee.callers, &caller) {
                    (None, _) => Declared::Open,
                    (Some(callers), Some(caller)) if callers.contains(caller) => Declared::May,
                    _ => Declared::MayNot,
                };
                let pair = (caller.as_deref(), callee.name.as_str());
                let through = "a connection that carries data both ways";
                let refused = "the server sends the alert access_denied";
                let (expected, found) =
                    if declared == Declared::MayNot { (refused, through) } else { (through, refused) };
                let outcome = if broken.contains(&pair) {
                    Outcome::failed(expected, found)
                        .with_fix("apply the manifest: the server still admits whom it admitted before")
                } else if untried.contains(&pair) {
                    Outcome::skipped("its certificate is missing")
                } else {
                    Outcome::Passed
                };
                self.pair(pair, declared, outcome);
            }
        }
        self
    }

    fn pair(&mut self, (caller, callee): (Option<&str>, &str), declared: Declared, outcome: Outcome) {
        let title = match declared {
            Declared::MayNot => "is refused, for it is not in the list",
            Declared::May | Declared::Open => "gets through, and data goes both ways",
        };
        let first = self.environment.checks.len();
        for version in ["tls13", "tls12"] {
            let subject = format!("{callee} <- {}", caller.unwrap_or("a visitor"));
            let check =
                Check::new(format!("policy-{version}"), Group::Policy, title, subject, outcome.clone());
            let version = if version == "tls13" { "TLS 1.3" } else { "TLS 1.2" };
            let check = check.with_detail(format!("{version}, X25519")).took(Duration::from_micros(1234));
            self.environment.checks.push(check);
        }
        self.environment.cells.push(Cell {
            caller: caller.map(str::to_owned),
            callee: callee.into(),
            declared,
            verdict: Verdict::of(&self.environment.checks[first..]),
            checks: vec![first, first + 1],
        });
    }

    /// What was built.
    pub fn build(self) -> EnvironmentReport {
        self.environment
    }
}

/// Three services and two environments; in the second one something may be wrong.
pub fn shop(broken: bool) -> PolicyReport {
    let shop = |name, database| {
        Builder::new(name)
            .service("storefront", true, None, 300)
            .service("rest-api", true, Some(&["storefront"]), 200)
            .service("database", true, Some(&["rest-api"]), database)
    };
    let wrong: &[_] = if broken {
        &[(Some("rest-api"), "database"), (Some("storefront"), "database"), (None, "rest-api")]
    } else {
        &[]
    };
    let days = if broken { -3 } else { 20 };
    PolicyReport {
        environments: vec![
            shop("test", 90).cells(&[], &[]).build(),
            shop("prod", days).cells(wrong, &[]).build(),
        ],
    }
}

/// Thirty services that all call each other; one that is not tried, one that is broken.
pub fn large() -> PolicyReport {
    let names: Vec<String> = (0..30).map(|at| format!("service-number-{at:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let builder = names.iter().zip(0..).fold(Builder::new("test"), |builder, (name, at)| {
        builder.service(name, true, Some(&names), 40 + at * 9)
    });
    let environment = builder
        .cells(&[(Some(names[3]), names[7])], &[(Some(names[4]), names[20]), (Some(names[4]), names[21])]);
    PolicyReport { environments: vec![environment.build()] }
}

/// Thirty services as they are in life: few calls each, in layers, with a circle.
pub fn landscape() -> PolicyReport {
    let names: Vec<String> = [
        "web-shop",
        "mobile-gateway",
        "partner-api",
        "admin-console",
        "catalogue",
        "search",
        "basket",
        "checkout",
        "payments",
        "invoices",
        "shipping",
        "warehouse",
        "stock",
        "pricing",
        "promotions",
        "reviews",
        "accounts",
        "sessions",
        "notifications",
        "mail-relay",
        "audit",
        "metrics",
        "reports",
        "ledger",
        "orders-db",
        "stock-db",
        "accounts-db",
        "search-index",
        "queue",
        "a-service-with-quite-a-long-name",
    ]
    .map(str::to_owned)
    .to_vec();
    let callers: [&[usize]; 30] = [
        &[],
        &[],
        &[],
        &[0, 1],
        &[0, 1, 2],
        &[0, 1, 4],
        &[0, 1],
        &[6],
        &[7],
        &[8, 22],
        &[7],
        &[10, 3],
        &[11, 4],
        &[4, 6],
        &[13],
        &[4],
        &[0, 1, 3],
        &[16],
        &[7, 10, 16],
        &[18],
        &[3, 16, 8],
        &[3],
        &[3],
        &[8, 9],
        &[7, 9, 10],
        &[12, 11],
        &[16],
        &[5],
        &[7, 10, 18, 11],
        &[28],
    ];
    let builder = (0..30).fold(Builder::new("prod"), |builder, at| {
        let list: Vec<&str> = callers[at].iter().map(|caller| names[*caller].as_str()).collect();
        let list = (at > 2).then_some(list.as_slice());
        builder.service(&names[at], at != 3, list, 14 + 11 * at as i64)
    });
    let environment = builder.cells(&[(Some("payments"), "ledger"), (Some("reviews"), "accounts-db")], &[]);
    PolicyReport { environments: vec![environment.build()] }
}

/// No environment at all.
pub fn empty() -> PolicyReport {
    PolicyReport::default()
}

/// Names that are syntax somewhere, wherever a name can stand.
pub const HOSTILE: &[&str] = &[
    "<script>alert(1)</script>",
    "\"><img src=x onerror=\"document.title='owned'\">",
    "a' onfocus='x",
    "\u{202e}gnihton\u{7}",
    "]] --> x; click y \"javascript:1\"",
    "end",
    "`**md**`",
    "1. list",
    "#quot;&amp;\\N\\\"",
    "{{ 7 * 7 }}",
    "\u{540d}\u{524d}\u{304c}\u{9577}\u{3044}\u{30b5}\u{30fc}\u{30d3}\u{30b9}\u{540d}\u{524d}",
    "x\ny",
];

/// A report in which every name is hostile.
pub fn hostile() -> PolicyReport {
    let builder = HOSTILE.iter().fold(Builder::new("</style><script>1</script>"), |builder, name| {
        builder.service(name, true, Some(HOSTILE), 30)
    });
    let mut environment = builder.cells(&[(Some(HOSTILE[0]), HOSTILE[1])], &[]).build();
    for check in &mut environment.checks {
        check.detail = HOSTILE[0].into();
        check.title = HOSTILE[1].into();
        if let Outcome::Failed(explanation) = &mut check.outcome {
            *explanation = pkictl::Explanation::new(HOSTILE[0], HOSTILE[1]).with_fix(HOSTILE[2]);
        }
    }
    PolicyReport { environments: vec![environment] }
}

//! When certificates expire: one bar each, on a common scale.

use serde::Serialize;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::words::count;
use crate::report::policy::CertificateReport;

/// A certificate expires soon when less than this is left, or less than a third of a short lifetime.
const SOON: Duration = Duration::days(30);

/// Length of the scale.
const SCALE: f64 = 1000.0;

/// All certificates of an environment, in order of expiry.
#[derive(Serialize)]
pub(super) struct Timeline {
    rows: Vec<Row>,
    /// The position of `now` on the scale.
    now: f64,
    /// First and last day of the scale.
    from: String,
    until: String,
    /// Whether there is more than one trust domain.
    domains: bool,
    /// How many have expired, expire soon, or (`odd`) are not yet valid or unreadable.
    pub(super) expired: usize,
    pub(super) soon: usize,
    pub(super) odd: usize,
    /// The next to expire, in words.
    pub(super) next: Option<String>,
}

#[derive(Serialize)]
struct Row {
    name: String,
    domain: String,
    authority: bool,
    subject: String,
    fingerprint: String,
    from: String,
    until: String,
    state: &'static str,
    words: String,
    bar: Option<Bar>,
}

/// A part of the scale; `onward` where the certificate is valid beyond its end.
#[derive(Serialize)]
struct Bar {
    left: f64,
    width: f64,
    onward: bool,
}

/// The timeline of certificates at a moment.
pub(super) fn timeline(certificates: &[CertificateReport], now: OffsetDateTime) -> Timeline {
    let mut all: Vec<(Option<Period>, &CertificateReport)> =
        certificates.iter().map(|one| (Period::read(one), one)).collect();
    all.sort_by_key(|(period, _)| period.map(|period| period.until));
    let scale = Scale::of(&all, now);
    let rows: Vec<Row> = all.iter().map(|(period, one)| row(*period, one, now, &scale)).collect();
    let count = |states: &[&str]| rows.iter().filter(|row| states.contains(&row.state)).count();
    let first = certificates.first().map(|one| one.domain.as_str());
    Timeline {
        now: scale.place(now),
        from: scale.from.date().to_string(),
        until: scale.until.date().to_string(),
        domains: certificates.iter().any(|one| Some(one.domain.as_str()) != first),
        expired: count(&["expired"]),
        soon: count(&["soon"]),
        odd: count(&["later", "unreadable"]),
        next: rows.iter().find(|row| row.bar.is_some()).map(|row| format!("{}: {}", row.name, row.words)),
        rows,
    }
}

#[derive(Clone, Copy)]
struct Period {
    from: OffsetDateTime,
    until: OffsetDateTime,
}

impl Period {
    fn read(certificate: &CertificateReport) -> Option<Self> {
        let read = |text: &str| OffsetDateTime::parse(text, &Rfc3339).ok();
        Some(Self { from: read(&certificate.not_before)?, until: read(&certificate.not_after)? })
    }

    fn state(self, now: OffsetDateTime) -> &'static str {
        match self {
            _ if self.until < now => "expired",
            _ if self.from > now => "later",
            _ if self.until - now < SOON.min((self.until - self.from) / 3) => "soon",
            _ => "valid",
        }
    }

    fn words(self, now: OffsetDateTime) -> String {
        match self.state(now) {
            "expired" => format!("expired {} ago", span(now - self.until)),
            "later" => format!("not yet valid, starts in {}", span(self.from - now)),
            "soon" => format!("expires soon, in {}", span(self.until - now)),
            _ => format!("expires in {}", span(self.until - now)),
        }
    }
}

/// The common scale of the bars. CAs far outlive their certificates, so the certificates' dates set the scale.
struct Scale {
    from: OffsetDateTime,
    until: OffsetDateTime,
}

impl Scale {
    fn of(all: &[(Option<Period>, &CertificateReport)], now: OffsetDateTime) -> Self {
        let leaves = || all.iter().filter(|(_, one)| !one.authority).filter_map(|(period, _)| *period);
        let any = || all.iter().filter_map(|(period, _)| *period);
        let last = leaves().map(|one| one.until).max().or_else(|| any().map(|one| one.until).max());
        let first = leaves().map(|one| one.from).min().or_else(|| any().map(|one| one.from).min());
        let until = last.unwrap_or(now).max(now);
        let from = first.unwrap_or(now).min(now);
        // Room at both ends, so that an end, and `now`, can be seen; no room where the calendar ends.
        let span: Duration = until - from;
        let room = Ord::max(span / 25_i32, Duration::hours(1));
        Self { from: from.checked_sub(room).unwrap_or(from), until: until.checked_add(room).unwrap_or(until) }
    }

    fn place(&self, moment: OffsetDateTime) -> f64 {
        let part = (moment - self.from).as_seconds_f64() / (self.until - self.from).as_seconds_f64();
        (part * SCALE).clamp(0.0, SCALE).round()
    }
}

fn row(period: Option<Period>, certificate: &CertificateReport, now: OffsetDateTime, scale: &Scale) -> Row {
    let day = |text: &str| text.get(..10).unwrap_or(text).to_owned();
    let bar = period.map(|period| {
        let (left, right) = (scale.place(period.from), scale.place(period.until));
        Bar { left, width: (right - left).max(2.0), onward: period.until > scale.until }
    });
    Row {
        name: certificate.name.clone(),
        domain: certificate.domain.clone(),
        authority: certificate.authority,
        subject: certificate.subject.clone(),
        fingerprint: certificate.sha256.clone(),
        from: day(&certificate.not_before),
        until: day(&certificate.not_after),
        state: period.map_or("unreadable", |period| period.state(now)),
        words: period.map_or_else(|| "unreadable dates".into(), |period| period.words(now)),
        bar,
    }
}

/// The length in the largest unit that gives at least two.
fn span(span: Duration) -> String {
    let units = [
        (span.whole_days() / 365, "year"),
        (span.whole_days(), "day"),
        (span.whole_hours(), "hour"),
        (span.whole_minutes(), "minute"),
    ];
    let (number, unit) =
        units.into_iter().find(|(number, _)| *number >= 2).unwrap_or((span.whole_seconds(), "second"));
    count(usize::try_from(number).unwrap_or(0), unit)
}

#[cfg(test)]
mod tests {
    use super::{Scale, Timeline, timeline};
    use crate::report::policy::CertificateReport;
    use time::macros::datetime;

    fn certificate(name: &str, from: &str, until: &str) -> CertificateReport {
        CertificateReport {
            name: name.into(),
            domain: "test".into(),
            authority: name == "root",
            subject: format!("CN={name}"),
            not_before: from.into(),
            not_after: until.into(),
            sha256: String::new(),
        }
    }

    fn of(certificates: &[CertificateReport]) -> Timeline {
        timeline(certificates, datetime!(2026-06-01 12:00 UTC))
    }

    #[test]
    fn each_certificate_says_in_words_when_it_expires() {
        let line = of(&[
            certificate("root", "2026-01-01T00:00:00Z", "2036-01-01T00:00:00Z"),
            certificate("web", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
            certificate("old", "2025-01-01T00:00:00Z", "2026-05-30T11:00:00Z"),
            certificate("next", "2026-01-01T00:00:00Z", "2026-06-11T12:00:00Z"),
            certificate("daily", "2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z"),
            certificate("hasty", "2026-05-31T14:00:00Z", "2026-06-01T14:30:00Z"),
            certificate("early", "2026-06-03T12:00:00Z", "2026-09-01T00:00:00Z"),
            certificate("odd", "yesterday", "2026-09-01T00:00:00Z"),
        ]);
        let rows: Vec<_> = line.rows.iter().map(|row| (row.name.as_str(), row.words.as_str())).collect();
        assert_eq!(
            rows,
            [
                ("odd", "unreadable dates"),
                ("old", "expired 2 days ago"),
                ("hasty", "expires soon, in 2 hours"),
                ("daily", "expires in 12 hours"),
                ("next", "expires soon, in 10 days"),
                ("early", "not yet valid, starts in 2 days"),
                ("web", "expires in 213 days"),
                ("root", "expires in 9 years"),
            ]
        );
        assert_eq!((line.expired, line.soon, line.odd), (1, 2, 2));
        assert_eq!(line.next.as_deref(), Some("old: expired 2 days ago"));
    }

    #[test]
    fn an_authority_is_valid_beyond_the_scale_of_its_certificates() {
        let line = of(&[
            certificate("root", "2016-01-01T00:00:00Z", "2036-01-01T00:00:00Z"),
            certificate("web", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
        ]);
        assert_eq!((line.from.as_str(), line.until.as_str()), ("2025-12-17", "2027-01-15"));
        let bars: Vec<_> = line.rows.iter().filter_map(|row| row.bar.as_ref()).collect();
        assert_eq!((bars[0].onward, bars[1].onward), (false, true));
        assert_eq!((bars[1].left, bars[1].width), (0.0, 1000.0));
        assert!(bars[0].left > 20.0 && bars[0].left + bars[0].width < 980.0);
    }

    #[test]
    fn the_ends_of_the_calendar_do_not_overflow() {
        let line = of(&[certificate("web", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z")]);
        assert!(line.rows[0].bar.is_some());
        assert!(of(&[]).rows.is_empty());
        let now = datetime!(9999-12-31 23:59:59 UTC);
        let scale = Scale::of(&[], now);
        assert!(scale.place(now).is_finite());
    }
}

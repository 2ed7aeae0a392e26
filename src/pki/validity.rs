//! Moments, spans and validity periods, as people write them.

use std::fmt;
use std::str::FromStr;

use time::format_description::well_known::Rfc3339;
use time::{Date, Duration, OffsetDateTime, PrimitiveDateTime, Time};

use crate::error::{Error, Result, ValueKind};
use crate::explanation::Explanation;

/// No certificate of ours lasts longer: beyond the year 3000 date types of several readers overflow.
const LAST_YEAR: i32 = 3000;

/// A length of time: `90d`, `12h`, `2y`, `-1d`. Units: `s m h d w y` (a year is 365 days).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(Duration);

impl Span {
    /// A span of whole days.
    pub fn days(days: i64) -> Self {
        Self(Duration::days(days.clamp(-1_000_000, 1_000_000)))
    }

    /// The span as the `time` crate has it.
    pub fn as_duration(self) -> Duration {
        self.0
    }
}

impl FromStr for Span {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let refuse = |reason: &str| Error::Invalid {
            what: ValueKind::TimeSpan,
            value: text.to_owned(),
            reason: reason.to_owned(),
            expected: Some("a whole number and a unit of s, m, h, d, w or y, such as 90d".into()),
        };
        let at = text.find(|c: char| c.is_ascii_alphabetic()).ok_or_else(|| refuse("it has no unit"))?;
        let (number, unit) = text.split_at(at);
        let number: i64 =
            number.trim_end().parse().map_err(|_| refuse("it does not start with a whole number"))?;
        let seconds: i64 = match unit {
            "s" | "sec" | "second" | "seconds" => 1,
            "m" | "min" | "minute" | "minutes" => 60,
            "h" | "hour" | "hours" => 3_600,
            "d" | "day" | "days" => 86_400,
            "w" | "week" | "weeks" => 7 * 86_400,
            "y" | "year" | "years" => 365 * 86_400,
            "mo" | "month" | "months" => return Err(refuse("months differ in length; say it in days")),
            _ if unit.contains(|c: char| c.is_ascii_digit()) => {
                return Err(refuse("it has more than one number and unit"));
            }
            _ => return Err(refuse("the unit is unknown")),
        };
        match number.checked_mul(seconds) {
            Some(total) if total.unsigned_abs() <= 1_000 * 365 * 86_400 => Ok(Self(Duration::seconds(total))),
            _ => Err(refuse("it is longer than 1000 years")),
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&human_duration(self.0))
    }
}

/// A point in time, absolute or counted from now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// RFC 3339, or a date that means midnight UTC.
    At(OffsetDateTime),
    /// A span from now; negative ones lie in the past.
    In(Span),
}

impl Moment {
    /// The point in time, given what "now" is.
    pub fn resolve(self, now: OffsetDateTime) -> Result<OffsetDateTime> {
        match self {
            Self::At(moment) => Ok(moment),
            Self::In(span) => checked_add(now, span.0),
        }
    }
}

impl FromStr for Moment {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if let Ok(moment) = OffsetDateTime::parse(text, &Rfc3339) {
            let utc = moment.checked_to_offset(time::UtcOffset::UTC);
            return utc.ok_or_else(|| out_of_range(text)).and_then(in_range).map(Self::At);
        }
        let day = time::macros::format_description!("[year]-[month]-[day]");
        if let Ok(date) = Date::parse(text, day) {
            return in_range(PrimitiveDateTime::new(date, Time::MIDNIGHT).assume_utc()).map(Self::At);
        }
        let refuse = |reason: String| Error::Invalid {
            what: ValueKind::Date,
            value: text.to_owned(),
            reason,
            expected: Some(
                "RFC 3339 (2027-01-31T12:00:00Z), YYYY-MM-DD, or a span from now such as 90d or -1d".into(),
            ),
        };
        if is_shaped_as_day(text) {
            return Err(refuse("there is no such day".into()));
        }
        match text.parse() {
            Ok(span) => Ok(Self::In(span)),
            // What begins as a number was meant as a span, and the span's own error says more.
            Err(Error::Invalid { reason, .. })
                if text.trim_start_matches('-').starts_with(|c: char| c.is_ascii_digit())
                    && !text.contains(':') =>
            {
                Err(refuse(reason))
            }
            Err(_) => Err(refuse("it is neither a date nor a time span".into())),
        }
    }
}

/// Whether it is written as a day is, though the calendar may not have it.
fn is_shaped_as_day(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.iter().map(|part| part.len()).eq([4, 2, 2])
        && parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The period in which a certificate is valid, both ends included (RFC 5280, section 4.1.2.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// First second of validity.
    pub not_before: OffsetDateTime,
    /// Last second of validity.
    pub not_after: OffsetDateTime,
}

impl Validity {
    /// A period whose end does not lie before its start.
    pub fn new(not_before: OffsetDateTime, not_after: OffsetDateTime) -> Result<Self> {
        // Certificates carry whole seconds.
        let whole = |moment: OffsetDateTime| moment.replace_nanosecond(0).unwrap_or(moment);
        let (not_before, not_after) = (in_range(whole(not_before))?, in_range(whole(not_after))?);
        if not_after < not_before {
            return Err(Error::Contradiction {
                reason: "the certificate would end before it starts".into(),
                explanation: Explanation::new(
                    format!("an end after {}", human_time(not_before)),
                    human_time(not_after),
                ),
            });
        }
        Ok(Self { not_before, not_after })
    }

    /// Longest period that Apple takes, under private authorities too (support.apple.com/103769).
    pub const APPLE_MAX: Duration = Duration::days(825);

    /// Time from the first second to the last.
    pub fn length(&self) -> Duration {
        self.not_after - self.not_before
    }

    /// Whether `moment` is in the period.
    pub fn contains(&self, moment: OffsetDateTime) -> bool {
        self.not_before <= moment && moment <= self.not_after
    }

    /// Days from `now` to the end: the nearest number of them, so that a moment after it was made a certificate has the
    /// days that were asked for; negative, and rounded down, when it is over.
    pub fn days_left(&self, now: OffsetDateTime) -> i64 {
        const DAY: i64 = 86_400;
        match (self.not_after - now).whole_seconds() {
            seconds @ 0.. => (seconds + DAY / 2) / DAY,
            seconds => seconds.div_euclid(DAY),
        }
    }
}

/// `moment + span`, refused when a certificate could not carry it.
pub fn checked_add(moment: OffsetDateTime, span: Duration) -> Result<OffsetDateTime> {
    moment
        .checked_add(span)
        .ok_or_else(|| Error::invalid(ValueKind::TimeSpan, human_duration(span), "it leaves the calendar"))
        .and_then(in_range)
}

fn in_range(moment: OffsetDateTime) -> Result<OffsetDateTime> {
    if (1950..=LAST_YEAR).contains(&moment.year()) {
        Ok(moment)
    } else {
        Err(out_of_range(&moment.date().to_string()))
    }
}

fn out_of_range(date: &str) -> Error {
    Error::Invalid {
        what: ValueKind::Date,
        value: date.to_owned(),
        reason: "several certificate readers cannot hold it".into(),
        expected: Some(format!("a year from 1950 to {LAST_YEAR}")),
    }
}

/// `2027-01-31 12:00 UTC`.
pub fn human_time(moment: OffsetDateTime) -> String {
    let format = time::macros::format_description!("[year]-[month]-[day] [hour]:[minute] UTC");
    moment.to_offset(time::UtcOffset::UTC).format(format).unwrap_or_else(|_| moment.to_string())
}

/// RFC 3339 in UTC with whole seconds, for machines.
pub fn machine_time(moment: OffsetDateTime) -> String {
    moment
        .to_offset(time::UtcOffset::UTC)
        .replace_nanosecond(0)
        .unwrap_or(moment)
        .format(&Rfc3339)
        .unwrap_or_else(|_| moment.to_string())
}

/// The largest unit that says it exactly: `397 days`, `12 hours`, `90 seconds`.
pub fn human_duration(span: Duration) -> String {
    let seconds = span.whole_seconds();
    let (count, unit) = match seconds {
        s if s % 86_400 == 0 => (s / 86_400, "day"),
        s if s % 3_600 == 0 => (s / 3_600, "hour"),
        s if s % 60 == 0 => (s / 60, "minute"),
        s => (s, "second"),
    };
    format!("{count} {unit}{}", if count.abs() == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::{Moment, Span, Validity, human_duration, human_time};
    use time::Duration;
    use time::macros::datetime;

    #[test]
    fn dates_and_spans_are_read_as_people_write_them() {
        let now = datetime!(2026-11-21 12:00 UTC);
        let at = |text: &str| human_time(text.parse::<Moment>().expect(text).resolve(now).expect(text));
        assert_eq!(at("90d"), "2027-02-19 12:00 UTC");
        assert_eq!(at("-1d"), "2026-11-20 12:00 UTC");
        assert_eq!(at("12h"), "2026-11-22 00:00 UTC");
        assert_eq!(at("2027-01-31"), "2027-01-31 00:00 UTC");
        assert_eq!(at("2027-01-31T12:00:00+02:00"), "2027-01-31 10:00 UTC");
    }

    #[test]
    fn what_no_certificate_can_carry_is_refused() {
        for text in [
            "",
            "d",
            "90",
            "90x",
            "1.5d",
            "9999999999999999y",
            "3001-01-01",
            "1949-01-01",
            "2027-02-30",
            "½d",
            "9999-12-31T23:59:59-23:59",
            "0000-01-01T00:00:00+23:59",
        ] {
            assert!(text.parse::<Moment>().is_err(), "{text:?} was taken");
        }
    }

    #[test]
    fn what_is_no_moment_is_told_why_and_what_would_be_one() {
        for (text, reason) in [
            ("tomorrow", "it is neither a date nor a time span"),
            ("90", "it has no unit"),
            ("1month", "months differ in length; say it in days"),
            ("720h30m", "it has more than one number and unit"),
            ("90x", "the unit is unknown"),
            ("2027-02-30", "there is no such day"),
        ] {
            let error = text.parse::<Moment>().expect_err(text);
            assert_eq!(error.to_string(), format!("invalid date {text:?}: {reason}"));
            assert!(error.expected().is_some_and(|forms| forms.contains("RFC 3339")), "{text}");
        }
    }

    #[test]
    fn a_span_may_be_written_out() {
        for (written, short) in [("1 year", "1y"), ("2 weeks", "2w"), ("12hours", "12h"), ("90 days", "90d")]
        {
            assert_eq!(written.parse::<Span>().expect(written), short.parse::<Span>().expect(short));
        }
    }

    #[test]
    fn days_left_are_those_that_were_asked_for() {
        let now = datetime!(2026-11-21 12:00 UTC);
        let left = |from: time::OffsetDateTime| {
            Validity::new(now, now + Duration::days(5)).expect("a validity").days_left(from)
        };
        assert_eq!(left(now + Duration::seconds(1)), 5);
        assert_eq!(left(now + Duration::hours(13)), 4);
        assert_eq!(left(now + Duration::days(5)), 0);
        assert_eq!(left(now + Duration::days(5) + Duration::seconds(1)), -1);
    }

    #[test]
    fn durations_are_said_in_their_largest_exact_unit() {
        assert_eq!(human_duration(Span::days(397).as_duration()), "397 days");
        assert_eq!(human_duration("36h".parse::<Span>().expect("a span").as_duration()), "36 hours");
        assert_eq!(human_duration("1d".parse::<Span>().expect("a span").as_duration()), "1 day");
    }
}

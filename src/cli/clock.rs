//! The current time.

use time::OffsetDateTime;

use super::environment::variable;
use super::failure::Failure;

/// Now, ignoring SOURCE_DATE_EPOCH: whether a certificate is accepted is decided by real clocks.
#[allow(clippy::disallowed_methods, reason = "the one place where the clock is read")]
pub(super) fn real() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

/// Now, or the moment of SOURCE_DATE_EPOCH (reproducible-builds.org/specs/source-date-epoch).
pub(super) fn now() -> Result<OffsetDateTime, Failure> {
    let Some(text) = variable("SOURCE_DATE_EPOCH") else { return Ok(real()) };
    text.to_str()
        .and_then(|text| text.parse().ok())
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .filter(|moment| (1970..=3000).contains(&moment.year()))
        .ok_or_else(|| {
            Failure::usage(
                format!("the variable SOURCE_DATE_EPOCH is {text:?}, which is not a number of seconds between 1970 and 3000"),
                Some("unset it, or set it to what `date +%s` prints".into()),
            )
        })
}

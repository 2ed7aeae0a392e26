//! What time it is.

use time::OffsetDateTime;

use super::failure::Failure;

/// Now, or the moment of SOURCE_DATE_EPOCH (reproducible-builds.org/specs/source-date-epoch).
#[allow(clippy::disallowed_methods, reason = "the one place where the clock is read")]
pub(super) fn now() -> Result<OffsetDateTime, Failure> {
    match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(text) => text
            .parse()
            .ok()
            .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
            .filter(|moment| (1950..=3000).contains(&moment.year()))
            .ok_or_else(|| {
                Failure::usage(
                    format!("SOURCE_DATE_EPOCH is no number of seconds since 1970: {text:?}"),
                    None,
                )
            }),
        Err(_) => Ok(OffsetDateTime::now_utc()),
    }
}

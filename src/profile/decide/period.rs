//! When a certificate begins and ends.

use time::{Duration, OffsetDateTime};

use super::Request;
use crate::error::{Error, Result};
use crate::explanation::Explanation;
use crate::pki::validity::{checked_add, human_time};
use crate::pki::{Certificate, Notice, Span, Validity};

/// Clocks of the machines that will check the certificate may be this far behind ours.
const BACKDATE: Duration = Duration::hours(1);

/// Decides the period from what was asked for, or else from the profile's `usual` span; it is within the issuer's.
pub(super) fn decide(
    usual: Span,
    request: &Request<'_>,
    issuer: Option<&Certificate>,
    now: OffsetDateTime,
    notices: &mut Vec<Notice>,
) -> Result<Validity> {
    let asked_start = request.not_before.map(|moment| moment.resolve(now)).transpose()?;
    let start = asked_start.unwrap_or(now);
    let mut end = match request.not_after {
        Some(moment) => moment.resolve(now)?,
        None => checked_add(start, usual.as_duration())?,
    };
    let mut start = match asked_start {
        Some(start) => start,
        // An expired certificate that was asked for still needs some time in which it was valid.
        None if end <= now => checked_add(end, -Duration::DAY)?,
        None => checked_add(now, -BACKDATE)?,
    };
    if let Some(issuer) = issuer {
        let limit = issuer.details.validity;
        if asked_start.is_none() && end > now {
            start = start.max(limit.not_before);
        } else if start < limit.not_before {
            notices.push(Notice::Note(format!(
                "it starts before its issuer ({}), which strict verifiers may refuse",
                human_time(limit.not_before)
            )));
        }
        if end > limit.not_after {
            if end > now && limit.not_after <= now {
                return Err(Error::Contradiction {
                    reason: format!(
                        "the issuer {:?} has expired, and so would everything that it signs",
                        issuer.title()
                    ),
                    explanation: Explanation::new(
                        "an issuer that is valid, or an end in the past",
                        format!("an issuer that ended at {}", human_time(limit.not_after)),
                    ),
                });
            }
            end = limit.not_after;
            if end < start {
                return Err(Error::Contradiction {
                    reason: format!("the certificate would outlive its issuer, {:?}", issuer.title()),
                    explanation: Explanation::new(
                        format!("a period before {}, when the issuer expires", human_time(end)),
                        format!("a start at {}", human_time(start)),
                    ),
                });
            }
            notices.push(Notice::Note(format!(
                "its end was moved to that of its issuer, {}: a certificate cannot outlive its issuer",
                human_time(end)
            )));
        }
    }
    let validity = Validity::new(start, end)?;
    // It is valid through its last second, which is this one.
    if end <= now {
        notices
            .push(Notice::Warning(format!("it has expired already: it was valid until {}", human_time(end))));
    } else if start > now {
        notices.push(Notice::Warning(format!("it is not valid yet: it begins at {}", human_time(start))));
    }
    Ok(validity)
}

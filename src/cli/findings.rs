//! What lint has to say about files that are about to be written.

use time::OffsetDateTime;

use super::failure::Failure;
use super::output::Output;
use crate::artifact::Artifact;

/// Stops before anything is written when a cluster would refuse the result, or when its visitors would; `force` insists
/// on the latter.
pub(super) fn check(
    _artifacts: &[Artifact],
    _force: bool,
    _now: OffsetDateTime,
    _output: &Output,
) -> Result<(), Failure> {
    Ok(())
}

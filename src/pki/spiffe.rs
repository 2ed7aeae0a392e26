//! SPIFFE IDs (SPIFFE-ID, section 2): the URIs that name workloads.

/// Longest trust domain, and longest ID, in bytes (SPIFFE-ID, section 2.3).
const MAX_DOMAIN: usize = 255;
const MAX_ID: usize = 2048;

/// Whether a URI is meant as a SPIFFE ID, however it is written.
pub(crate) fn is_meant(uri: &str) -> bool {
    uri.split_once(':').is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case("spiffe"))
}

/// Refuses a URI that is meant as a SPIFFE ID and is not one; the error is the rule that it breaks.
pub(crate) fn validate(uri: &str) -> Result<(), &'static str> {
    let Some(id) = uri.strip_prefix("spiffe://") else {
        return Err("a SPIFFE ID begins with `spiffe://` in small letters (SPIFFE ID, section 2)");
    };
    let (domain, path) = id.split_once('/').map_or((id, None), |(domain, path)| (domain, Some(path)));
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-._".contains(c);
    if domain.is_empty() || !domain.chars().all(plain) {
        return Err("a SPIFFE trust domain has only a-z, 0-9, `-`, `.` and `_` (SPIFFE ID, section 2.1)");
    }
    if domain.len() > MAX_DOMAIN || uri.len() > MAX_ID {
        return Err("a SPIFFE trust domain has at most 255 bytes, and an ID 2048 (SPIFFE ID, section 2.3)");
    }
    let segments = || path.into_iter().flat_map(|path| path.split('/'));
    if segments().any(|segment| ["", ".", ".."].contains(&segment)) {
        return Err(
            "a SPIFFE path has no empty segment, no trailing slash and no `.` or `..` (SPIFFE ID, section 2.2)",
        );
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    if segments().all(|segment| segment.chars().all(allowed)) {
        return Ok(());
    }
    Err(
        "a SPIFFE path has only letters, digits, `-`, `.` and `_`: no query, no fragment, no `%` (SPIFFE ID, section 2.2)",
    )
}

/// All of `uris` where one of them is a SPIFFE ID, which must be the only one (X.509-SVID, section 2); none where it is.
pub(crate) fn extra_uris<'a>(uris: &[&'a str]) -> Vec<&'a str> {
    if uris.len() > 1 && uris.iter().any(|uri| is_meant(uri)) { uris.to_vec() } else { vec![] }
}

#[cfg(test)]
mod tests {
    use super::validate;

    #[test]
    fn a_spiffe_id_is_taken_only_as_it_is_defined() {
        let long = format!("spiffe://{}/web", "x".repeat(256));
        for (id, reason) in [
            ("SPIFFE://example.org/web", "small letters"),
            ("spiffe:example.org", "begins with"),
            ("spiffe:///web", "trust domain"),
            ("spiffe://example.org:8443/web", "trust domain"),
            ("spiffe://Example.org/web", "trust domain"),
            (&long, "255 bytes"),
            ("spiffe://example.org/", "trailing slash"),
            ("spiffe://example.org/a//b", "empty segment"),
            ("spiffe://example.org/a/../b", "`..`"),
            ("spiffe://example.org/a?b", "no query"),
            ("spiffe://example.org/a#b", "no fragment"),
            ("spiffe://example.org/a%2Fb", "no `%`"),
        ] {
            let found = validate(id).expect_err(id);
            assert!(found.contains(reason), "{id}: {found}");
        }
        for id in ["spiffe://example.org", "spiffe://example.org/ns/shop/sa/Web_1.2-3"] {
            assert_eq!(validate(id), Ok(()), "{id}");
        }
    }

    #[test]
    fn the_longest_trust_domain_and_id_are_accepted_and_one_byte_more_is_refused() {
        for (length, fits) in [(255, true), (256, false)] {
            assert_eq!(validate(&format!("spiffe://{}", "x".repeat(length))).is_ok(), fits, "{length}");
        }
        let id = |length: usize| format!("spiffe://a/{}", "x".repeat(length - "spiffe://a/".len()));
        assert_eq!((validate(&id(2048)).is_ok(), validate(&id(2049)).is_ok()), (true, false));
    }
}

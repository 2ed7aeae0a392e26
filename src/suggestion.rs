//! Which of the known names was meant by one that is not known.

/// The known name closest to `name`: at most two letters differ, and at most a third of the known name's.
pub fn closest<'a, T: AsRef<str>>(name: &str, known: &'a [T]) -> Option<&'a str> {
    let known = known.iter().map(AsRef::as_ref);
    let near = known.map(|one| (strsim::levenshtein(name, one), one));
    let near = near.filter(|(distance, one)| *distance <= 2 && distance * 3 <= one.chars().count());
    near.min_by_key(|(distance, _)| *distance).map(|(_, one)| one)
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn a_typing_error_finds_the_name_and_another_word_finds_nothing() {
        let known = ["server", "client", "peer", "pr"];
        assert_eq!(closest("sevrer", &known), Some("server"));
        assert_eq!(closest("clien", &known), Some("client"));
        assert_eq!(closest("per", &known), Some("peer"));
        assert_eq!(closest("db", &known), None, "two of two letters differ");
        assert_eq!(closest("", &known), None);
    }
}

//! Did you mean …?

/// The candidate nearest to a mistyped word, if one is near enough to be worth naming.
pub(super) fn nearest<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let distances = candidates
        .iter()
        .map(|candidate| (distance(word, candidate), *candidate));
    let (edits, candidate) = distances.min_by_key(|(edits, _)| *edits)?;
    let allowed = (candidate.chars().count() / 3).max(2);
    // A word that would have to be replaced wholly resembles nothing.
    (edits <= allowed && edits < word.chars().count()).then_some(candidate)
}

/// Number of single-character insertions, deletions and replacements between two words.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_near_word_is_suggested() {
        let keys = ["url", "protected", "lock_timeout"];
        assert_eq!(nearest("protcted", &keys), Some("protected"));
        assert_eq!(nearest("lock-timeout", &keys), Some("lock_timeout"));
        assert_eq!(nearest("uri", &keys), Some("url"));
        assert_eq!(nearest("rul", &keys), Some("url"));
        assert_eq!(nearest("password", &keys), None);
        assert_eq!(nearest("x", &[]), None);
    }

    #[test]
    fn distance_counts_edits() {
        for (one, other, edits) in [
            ("", "", 0),
            ("a", "", 1),
            ("kitten", "sitting", 3),
            ("ä", "a", 1),
        ] {
            assert_eq!(distance(one, other), edits, "{one} {other}");
        }
    }
}

use proptest::prelude::*;
use proptest::sample::select;

use super::meaning;

const TOKENS: [&str; 22] = [
    "SELECT", "a", "\"a\"", "\"A\"", "'a'", "E'a'", "$$a$$", "$x$a$x$", "1", "1.5", "$1", "+",
    "<=", "::", "(", ")", ",", ".", ";", "[", "]", "größe",
];
const GAPS: [&str; 5] = [" ", "\n", " /* x; ' */ ", " -- y\n", "\t\t"];

/// Tokens with gaps between them; a gap is compulsory, so that no two tokens become one.
fn join(tokens: &[&str], gaps: &[&str]) -> String {
    let with_gap = |(at, token): (usize, &&str)| format!("{token}{}", gaps[at % gaps.len()]);
    tokens.iter().enumerate().map(with_gap).collect()
}

/// What a token sequence says once lone `;` are dropped; two strings never stand side by side.
fn says(tokens: &[&str]) -> Vec<Vec<String>> {
    let lower = |token: &&str| match token.starts_with(|c: char| c.is_alphabetic())
        && !token.contains('\'')
    {
        true => token.to_ascii_lowercase(),
        false => (*token).to_owned(),
    };
    let mut depth = 0i32;
    let mut statements = vec![Vec::new()];
    for token in tokens {
        match *token {
            "(" => depth += 1,
            ")" => depth = (depth - 1).max(0),
            ";" if depth == 0 => {
                statements.push(Vec::new());
                continue;
            }
            _ => {}
        }
        statements.last_mut().unwrap().push(lower(token));
    }
    statements.retain(|statement| !statement.is_empty());
    statements
}

fn tokens() -> impl Strategy<Value = Vec<&'static str>> {
    let all = prop::collection::vec(select(&TOKENS), 0..10);
    all.prop_filter("adjacent strings may be one constant", |tokens| {
        !tokens
            .windows(2)
            .any(|pair| pair[0].ends_with('\'') && pair[1].ends_with('\''))
    })
}

proptest! {
    #[test]
    fn gaps_and_case_do_not_count(all in tokens(), one in prop::collection::vec(select(&GAPS), 1..4), two in prop::collection::vec(select(&GAPS), 1..4)) {
        let upper: Vec<String> = all.iter().map(|token| if *token == "a" { "A".to_owned() } else { (*token).to_owned() }).collect();
        let upper: Vec<&str> = upper.iter().map(String::as_str).collect();
        prop_assert_eq!(meaning(&join(&all, &one)), meaning(&join(&upper, &two)));
    }

    #[test]
    fn two_digests_are_equal_exactly_when_the_tokens_are(one in tokens(), two in tokens()) {
        let equal = meaning(&join(&one, &[" "])) == meaning(&join(&two, &["\n"]));
        prop_assert_eq!(equal, says(&one) == says(&two));
    }

    #[test]
    fn any_changed_token_counts(all in tokens(), at in any::<prop::sample::Index>(), other in select(&TOKENS)) {
        prop_assume!(!all.is_empty());
        let mut changed = all.clone();
        changed[at.index(all.len())] = other;
        prop_assume!(!changed.windows(2).any(|pair| pair[0].ends_with('\'') && pair[1].ends_with('\'')));
        let equal = meaning(&join(&all, &[" "])) == meaning(&join(&changed, &[" "]));
        prop_assert_eq!(equal, says(&all) == says(&changed));
    }
}

//! What the names of migration files say, and what wrong ones should be.

use super::names::parse_number;

/// The folder of rollbacks, inside the folder of migrations.
pub(super) const ROLLBACK_DIR: &str = "rollback";

/// The least digits of a number.
pub(super) const MIN_WIDTH: usize = 3;

/// A file name that follows the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Numbered {
    /// The number.
    pub number: u32,
    /// Its digits in the name.
    pub width: usize,
    /// The description; `rollback` for a rollback.
    pub description: String,
}

impl Numbered {
    /// Reads `NNN_description.sql`.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let (digits, description) = name.strip_suffix(".sql")?.split_once('_')?;
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let good = digits.len() >= MIN_WIDTH
            && !description.is_empty()
            && description.bytes().all(allowed);
        let number = good.then(|| parse_number(digits)).flatten()?;
        Some(Self {
            number,
            width: digits.len(),
            description: description.to_owned(),
        })
    }

    /// Reads `NNN_rollback.sql`.
    pub(super) fn parse_rollback(name: &str) -> Option<Self> {
        Self::parse(name).filter(|numbered| numbered.description == "rollback")
    }

    /// The name with another number of digits.
    pub(super) fn with_width(&self, width: usize) -> String {
        format!("{:0width$}_{}.sql", self.number, self.description)
    }

    /// The name of the migration with this number's rollback.
    pub(super) fn rollback_name(&self) -> String {
        format!("{:0width$}_rollback.sql", self.number, width = self.width)
    }
}

/// What to do about an `.sql` file whose name is wrong.
pub(super) fn mend_migration(name: &str) -> String {
    match guess(name) {
        Some((digits, slug)) if slug == "rollback" || slug.ends_with("_rollback") => {
            format!("move it to {ROLLBACK_DIR}/{digits}_rollback.sql")
        }
        Some((digits, slug)) => format!("rename it to {digits}_{slug}.sql"),
        None => "name it NNN_description.sql: at least three digits, then a-z, 0-9 and _".into(),
    }
}

/// What to do about an `.sql` file among the rollbacks whose name is wrong.
pub(super) fn mend_rollback(name: &str) -> String {
    match guess(name) {
        Some((digits, _)) => format!("rename it to {digits}_rollback.sql"),
        None => "name it NNN_rollback.sql, with the number of its migration".into(),
    }
}

/// Number and description that a wrong name seems to mean; `V2__Add-x.SQL` is `002`, `add_x`.
fn guess(name: &str) -> Option<(String, String)> {
    let stem = name.get(..name.len().checked_sub(4)?)?;
    let stem = stem.trim_start_matches(|c: char| !c.is_ascii_digit());
    let end = stem.find(|c: char| !c.is_ascii_digit())?;
    let (digits, rest) = stem.split_at(end);
    let number = parse_number(digits)?;
    let slug = slug(rest);
    (!slug.is_empty()).then(|| {
        (
            format!("{number:0width$}", width = digits.len().max(MIN_WIDTH)),
            slug,
        )
    })
}

/// A text as a description: lower case, everything but letters and digits one `_`.
pub(super) fn slug(text: &str) -> String {
    let lower = text.to_lowercase();
    let words = lower
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("_")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_names_by_the_rules_are_read() {
        let numbered = Numbered::parse("0042_add_x2.sql").unwrap();
        assert_eq!(
            (
                numbered.number,
                numbered.width,
                numbered.description.as_str()
            ),
            (42, 4, "add_x2")
        );
        for name in [
            "42_x.sql",
            "042.sql",
            "042_.sql",
            "042_X.sql",
            "042-x.sql",
            "042_x.SQL",
            "042_x",
            "a042_x.sql",
            "042_ä.sql",
            "1234567890_x.sql",
            "+42_x.sql",
            "042_x.sql~",
            "042_x.down.sql",
        ] {
            assert_eq!(Numbered::parse(name), None, "{name}");
        }
        assert!(Numbered::parse_rollback("042_rollback.sql").is_some());
        assert!(Numbered::parse_rollback("042_x.sql").is_none());
    }

    #[test]
    fn wrong_names_get_the_right_one() {
        for (name, mend) in [
            ("42_x.sql", "rename it to 042_x.sql"),
            ("V2__Add-device.SQL", "rename it to 002_add_device.sql"),
            (
                "0001 Initial Schema.sql",
                "rename it to 0001_initial_schema.sql",
            ),
            (
                "003_rollback_x.down.sql",
                "rename it to 003_rollback_x_down.sql",
            ),
            ("3-rollback.sql", "move it to rollback/003_rollback.sql"),
            (
                "schema.sql",
                "name it NNN_description.sql: at least three digits, then a-z, 0-9 and _",
            ),
            (
                "001.sql",
                "name it NNN_description.sql: at least three digits, then a-z, 0-9 and _",
            ),
        ] {
            assert_eq!(mend_migration(name), mend, "{name}");
        }
        assert_eq!(mend_rollback("3_undo.sql"), "rename it to 003_rollback.sql");
        assert_eq!(
            mend_rollback("undo.sql"),
            "name it NNN_rollback.sql, with the number of its migration"
        );
    }

    proptest! {
        #[test]
        fn every_number_and_width_is_read_back(number in 0_u32..1_000_000_000, width in 3_usize..9, slug in "[a-z0-9_]{1,20}") {
            let name = format!("{number:0width$}_{slug}.sql");
            let read = Numbered::parse(&name).unwrap();
            prop_assert_eq!(read.number, number);
            prop_assert_eq!(read.width, name.find('_').unwrap());
            prop_assert_eq!(read.with_width(read.width), name);
            prop_assert_eq!(read.description, slug);
        }

        #[test]
        fn a_suggested_name_is_a_good_one(name in "[ -~]{0,30}") {
            let mend = mend_migration(&format!("{name}.sql"));
            if let Some(suggested) = mend.strip_prefix("rename it to ") {
                prop_assert!(Numbered::parse(suggested).is_some(), "{}", suggested);
            }
        }

        #[test]
        fn a_slug_is_a_description(text in "\\PC{0,40}") {
            let slug = slug(&text);
            let name = format!("001_{slug}.sql");
            prop_assert!(slug.is_empty() || Numbered::parse(&name).is_some());
        }
    }
}

//! Which patterns there are, and what each is told.

use std::fmt;
use std::str::FromStr;

use enact_sql::tree::LONGEST_NAME;

use super::PatternError;

/// A change that takes several migrations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pattern {
    /// A new column.
    AddColumn,
    /// A column that must hold a value from now on.
    AddNotNull,
    /// A column of another name.
    RenameColumn,
    /// A column of another type.
    ChangeType,
    /// A foreign key.
    AddForeignKey,
    /// A unique constraint.
    AddUnique,
    /// An index.
    AddIndex,
    /// A column that goes.
    DropColumn,
    /// A table of another name.
    RenameTable,
    /// Columns that move into a table of their own.
    SplitTable,
}

/// What a pattern is told, as it was written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Arguments {
    /// `--table`
    pub table: Option<String>,
    /// `--column`
    pub column: Option<String>,
    /// `--columns`
    pub columns: Vec<String>,
    /// `--to`
    pub to: Option<String>,
    /// `--into`
    pub into: Option<String>,
    /// `--type`
    pub of_type: Option<String>,
    /// `--default`
    pub default: Option<String>,
    /// `--value`
    pub value: Option<String>,
    /// `--using`
    pub using: Option<String>,
    /// `--back`
    pub back: Option<String>,
    /// `--references`
    pub references: Option<String>,
    /// `--on-delete`
    pub on_delete: Option<String>,
    /// `--where`
    pub condition: Option<String>,
    /// `--method`
    pub method: Option<String>,
    /// `--name`
    pub name: Option<String>,
    /// `--comment`
    pub comment: Option<String>,
    /// `--not-null`
    pub not_null: bool,
    /// `--unique`
    pub unique: bool,
}

struct Described {
    pattern: Pattern,
    name: &'static str,
    /// What must be given.
    needs: &'static [&'static str],
    /// What may be given.
    takes: &'static [&'static str],
    /// A line to copy.
    example: &'static str,
}

const ALL: &[Described] = &[
    Described {
        pattern: Pattern::AddColumn,
        name: "add-column",
        needs: &["--table", "--column", "--type"],
        takes: &["--default", "--not-null", "--comment"],
        example: "--table app.visit --column place --type text",
    },
    Described {
        pattern: Pattern::AddNotNull,
        name: "add-not-null",
        needs: &["--table", "--column"],
        takes: &["--value"],
        example: "--table app.visit --column place --value \"'unknown'\"",
    },
    Described {
        pattern: Pattern::RenameColumn,
        name: "rename-column",
        needs: &["--table", "--column", "--to"],
        takes: &[],
        example: "--table app.visit --column place --to site",
    },
    Described {
        pattern: Pattern::ChangeType,
        name: "change-type",
        needs: &["--table", "--column", "--type"],
        takes: &["--using", "--back"],
        example: "--table app.visit --column number --type bigint",
    },
    Described {
        pattern: Pattern::AddForeignKey,
        name: "add-foreign-key",
        needs: &["--table", "--columns", "--references"],
        takes: &["--name", "--on-delete"],
        example: "--table app.visit --columns site_id --references 'app.site(id)'",
    },
    Described {
        pattern: Pattern::AddUnique,
        name: "add-unique",
        needs: &["--table", "--columns"],
        takes: &["--name"],
        example: "--table app.visit --columns participant_id,number",
    },
    Described {
        pattern: Pattern::AddIndex,
        name: "add-index",
        needs: &["--table", "--columns"],
        takes: &["--name", "--where", "--method", "--unique"],
        example: "--table app.visit --columns site_id --where 'ended_at IS NULL'",
    },
    Described {
        pattern: Pattern::DropColumn,
        name: "drop-column",
        needs: &["--table", "--column"],
        takes: &[],
        example: "--table app.visit --column place",
    },
    Described {
        pattern: Pattern::RenameTable,
        name: "rename-table",
        needs: &["--table", "--to"],
        takes: &[],
        example: "--table app.visit --to appointment",
    },
    Described {
        pattern: Pattern::SplitTable,
        name: "split-table",
        needs: &["--table", "--columns", "--into"],
        takes: &[],
        example: "--table app.visit --columns place,room --into visit_place",
    },
];

impl Pattern {
    /// The names of all patterns.
    pub fn names() -> impl Iterator<Item = &'static str> {
        ALL.iter().map(|one| one.name)
    }

    fn described(self) -> &'static Described {
        let found = ALL.iter().find(|one| one.pattern == self);
        found.unwrap_or(&ALL[0])
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.described().name)
    }
}

impl FromStr for Pattern {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = ALL.iter().find(|one| one.name == name);
        let known = || Self::names().collect::<Vec<_>>().join(", ");
        found
            .map(|one| one.pattern)
            .ok_or_else(|| format!("known patterns are {}", known()))
    }
}

impl Arguments {
    /// Whether this is what the pattern wants.
    ///
    /// # Errors
    /// What is missing, or of another pattern, with a line to copy.
    pub fn check(&self, pattern: Pattern) -> Result<(), PatternError> {
        let described = pattern.described();
        let next = || format!("enact new --pattern {pattern} {}", described.example);
        for (option, given) in self.given() {
            let needed = described.needs.contains(&option);
            if needed && !given {
                return Err(PatternError::refused(
                    format!("the pattern {pattern} needs {option}"),
                    next(),
                ));
            }
            if given && !needed && !described.takes.contains(&option) {
                return Err(PatternError::refused(
                    format!("the pattern {pattern} has no use for {option}"),
                    next(),
                ));
            }
        }
        let names = [&self.column, &self.to, &self.into, &self.name]
            .into_iter()
            .flatten();
        for name in names.chain(&self.columns) {
            let bad =
                name.is_empty() || name.len() > LONGEST_NAME || name.chars().any(char::is_control);
            if bad {
                return Err(PatternError::refused(
                    format!(
                        "`{name}` is no name for PostgreSQL, which takes 1 to {LONGEST_NAME} bytes"
                    ),
                    "write the bare name, without quotes",
                ));
            }
        }
        Ok(())
    }

    fn given(&self) -> [(&'static str, bool); 18] {
        [
            ("--table", self.table.is_some()),
            ("--column", self.column.is_some()),
            ("--columns", !self.columns.is_empty()),
            ("--to", self.to.is_some()),
            ("--into", self.into.is_some()),
            ("--type", self.of_type.is_some()),
            ("--default", self.default.is_some()),
            ("--value", self.value.is_some()),
            ("--using", self.using.is_some()),
            ("--back", self.back.is_some()),
            ("--references", self.references.is_some()),
            ("--on-delete", self.on_delete.is_some()),
            ("--where", self.condition.is_some()),
            ("--method", self.method.is_some()),
            ("--name", self.name.is_some()),
            ("--comment", self.comment.is_some()),
            ("--not-null", self.not_null),
            ("--unique", self.unique),
        ]
    }

    pub(super) fn table(&self) -> Result<&str, PatternError> {
        wanted("--table", self.table.as_deref())
    }

    pub(super) fn column(&self) -> Result<&str, PatternError> {
        wanted("--column", self.column.as_deref())
    }

    pub(super) fn to(&self) -> Result<&str, PatternError> {
        wanted("--to", self.to.as_deref())
    }

    pub(super) fn into(&self) -> Result<&str, PatternError> {
        wanted("--into", self.into.as_deref())
    }

    pub(super) fn of_type(&self) -> Result<&str, PatternError> {
        wanted("--type", self.of_type.as_deref())
    }
}

fn wanted<'a>(option: &str, value: Option<&'a str>) -> Result<&'a str, PatternError> {
    value.ok_or_else(|| {
        PatternError::refused(format!("{option} is missing"), format!("add {option}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_has_its_name() {
        for one in ALL {
            assert_eq!(one.name.parse(), Ok(one.pattern));
            assert_eq!(one.pattern.to_string(), one.name);
        }
        assert!("add-table".parse::<Pattern>().is_err());
    }

    #[test]
    fn what_is_missing_or_of_no_use_is_said() {
        let mut arguments = Arguments {
            table: Some("t".into()),
            column: Some("c".into()),
            ..Arguments::default()
        };
        let said =
            |arguments: &Arguments, pattern| arguments.check(pattern).unwrap_err().to_string();
        assert_eq!(
            said(&arguments, Pattern::RenameColumn),
            "the pattern rename-column needs --to"
        );
        assert!(arguments.check(Pattern::DropColumn).is_ok());
        arguments.of_type = Some("int".into());
        assert_eq!(
            said(&arguments, Pattern::DropColumn),
            "the pattern drop-column has no use for --type"
        );
        arguments.column = Some("x".repeat(64));
        assert!(said(&arguments, Pattern::AddColumn).contains("is no name"));
    }
}

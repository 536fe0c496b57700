//! Options of `enact new --pattern`.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use enact_engine::patterns::{Arguments, Pattern};

/// What a pattern is told.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Pattern")]
pub struct Series {
    /// Write the series of migrations of this pattern
    #[arg(long, value_name = "PATTERN", conflicts_with = "description",
        value_parser = PossibleValuesParser::new(Pattern::names())
            .try_map(|name: String| name.parse::<Pattern>()))]
    pub pattern: Option<Pattern>,
    /// The table, such as app.visit
    #[arg(long, value_name = "TABLE", requires = "pattern")]
    pub table: Option<String>,
    /// Its column
    #[arg(long, value_name = "NAME", requires = "pattern")]
    pub column: Option<String>,
    /// Its columns, separated by commas
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        requires = "pattern"
    )]
    pub columns: Vec<String>,
    /// The new name of column or table
    #[arg(long, value_name = "NAME", requires = "pattern")]
    pub to: Option<String>,
    /// The new table that columns move into
    #[arg(long, value_name = "NAME", requires = "pattern")]
    pub into: Option<String>,
    /// Type of the column
    #[arg(long = "type", value_name = "TYPE", requires = "pattern")]
    pub of_type: Option<String>,
    /// Default of a new column
    #[arg(long, value_name = "EXPRESSION", requires = "pattern")]
    pub default: Option<String>,
    /// A new column must hold a value
    #[arg(long, requires = "pattern")]
    pub not_null: bool,
    /// What rows without a value are filled with
    #[arg(long, value_name = "EXPRESSION", requires = "pattern")]
    pub value: Option<String>,
    /// The value in its new type [default: a cast]
    #[arg(long, value_name = "EXPRESSION", requires = "pattern")]
    pub using: Option<String>,
    /// The value in its former type again [default: a cast]
    #[arg(long, value_name = "EXPRESSION", requires = "pattern")]
    pub back: Option<String>,
    /// What a foreign key refers to, such as 'app.site(id)'
    #[arg(long, value_name = "KEY", requires = "pattern")]
    pub references: Option<String>,
    /// What a foreign key does when that goes, such as 'set null'
    #[arg(long, value_name = "ACTION", requires = "pattern")]
    pub on_delete: Option<String>,
    /// Which rows an index holds
    #[arg(long = "where", value_name = "CONDITION", requires = "pattern")]
    pub condition: Option<String>,
    /// How an index works, such as gin [default: btree]
    #[arg(long, value_name = "METHOD", requires = "pattern")]
    pub method: Option<String>,
    /// An index lets no two rows be alike
    #[arg(long, requires = "pattern")]
    pub unique: bool,
    /// Name of index or constraint [default: made from the columns]
    #[arg(long, value_name = "NAME", requires = "pattern")]
    pub name: Option<String>,
    /// Comment on a new column
    #[arg(long, value_name = "TEXT", requires = "pattern")]
    pub comment: Option<String>,
}

impl Series {
    /// As the engine wants it.
    pub fn arguments(&self) -> Arguments {
        let names = self.columns.iter().map(|name| name.trim().to_owned());
        Arguments {
            table: self.table.clone(),
            column: self.column.clone(),
            columns: names.collect(),
            to: self.to.clone(),
            into: self.into.clone(),
            of_type: self.of_type.clone(),
            default: self.default.clone(),
            value: self.value.clone(),
            using: self.using.clone(),
            back: self.back.clone(),
            references: self.references.clone(),
            on_delete: self.on_delete.clone(),
            condition: self.condition.clone(),
            method: self.method.clone(),
            name: self.name.clone(),
            comment: self.comment.clone(),
            not_null: self.not_null,
            unique: self.unique,
        }
    }
}

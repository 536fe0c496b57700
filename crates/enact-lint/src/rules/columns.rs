//! ADD COLUMN, and changes of a column.

use pg_query::NodeEnum;
use pg_query::protobuf::{
    AlterTableCmd, AlterTableStmt, AlterTableType, ColumnDef, ConstrType, ObjectType, RangeVar,
};

use super::safe;
use crate::ast;
use crate::catalog::Volatility;
use crate::linter::Linter;
use crate::names::{Name, ident};

/// Functions of PostgreSQL and its usual extensions that give another value each time.
const VOLATILE: &[&str] = &[
    "clock_timestamp",
    "currval",
    "gen_random_bytes",
    "gen_random_uuid",
    "gen_salt",
    "lastval",
    "nextval",
    "random",
    "random_normal",
    "setval",
    "timeofday",
    "uuid_generate_v1",
    "uuid_generate_v1mc",
    "uuid_generate_v4",
    "uuidv4",
    "uuidv7",
];
const SERIAL: &[&str] = &[
    "serial",
    "bigserial",
    "smallserial",
    "serial2",
    "serial4",
    "serial8",
];

pub fn check(lint: &mut Linter<'_>, node: &NodeEnum) {
    let NodeEnum::AlterTableStmt(stmt) = node else {
        return;
    };
    let Some(range) = &stmt.relation else { return };
    let table = Name::of(range);
    if stmt.objtype() != ObjectType::ObjectTable || !lint.existed(&table) {
        return;
    }
    for cmd in ast::commands(stmt) {
        match cmd.subtype() {
            AlterTableType::AtAddColumn => {
                if let Some(column) = ast::column_of(cmd) {
                    Added {
                        range,
                        table: &table,
                        cmd,
                        column,
                    }
                    .check(lint);
                }
            }
            AlterTableType::AtSetNotNull => set_not_null(lint, stmt, &table, &cmd.name, 0),
            AlterTableType::AtAddConstraint => {
                let constraint = ast::constraint_of(cmd);
                let not_null = constraint
                    .filter(|constraint| constraint.contype() == ConstrType::ConstrNotnull);
                if let Some(constraint) = not_null.filter(|constraint| !constraint.skip_validation)
                {
                    for column in ast::strings(&constraint.keys) {
                        set_not_null(lint, stmt, &table, &column, constraint.location);
                    }
                }
            }
            AlterTableType::AtColumnDefault if cmd.def.is_none() => {
                drop_default(lint, stmt, &table, &cmd.name);
            }
            _ => {}
        }
    }
}

/// One ADD COLUMN on a table that was there before.
struct Added<'a> {
    range: &'a RangeVar,
    table: &'a Name,
    cmd: &'a AlterTableCmd,
    column: &'a ColumnDef,
}

impl Added<'_> {
    fn check(&self, lint: &mut Linter<'_>) {
        let makes_values = self.serial_or_identity(lint) || self.stored(lint);
        if !makes_values && !self.virtual_column() {
            self.default(lint);
            self.required(lint);
        }
        self.domain(lint);
        self.check_constraint(lint);
        self.reference(lint);
        self.index(lint);
    }

    fn has(&self, kind: ConstrType) -> bool {
        ast::of_kind(self.column, kind).is_some()
    }

    fn name(&self) -> &str {
        &self.column.colname
    }

    fn bare(&self) -> String {
        ast::add_bare_column(self.range, self.cmd, self.column)
    }

    fn type_name(&self) -> Option<Name> {
        Name::of_parts(&self.column.type_name.as_ref()?.names)
    }

    fn serial_or_identity(&self, lint: &mut Linter<'_>) -> bool {
        let serial = self
            .type_name()
            .is_some_and(|name| SERIAL.contains(&name.name.as_str()));
        let identity = self.has(ConstrType::ConstrIdentity);
        if !serial && !identity {
            return false;
        }
        let (table, column) = (self.table, self.name());
        let sequence = table.beside(format!("{}_{column}_seq", table.name));
        let next = safe::nextval(&sequence);
        let owned = format!("{table}.{}", ident(column));
        let message = format!("{owned} is filled with numbers for every row that is there");
        let safe = safe::lines(&[
            &format!("ALTER TABLE {table} ADD COLUMN {} bigint;", ident(column)),
            &format!("CREATE SEQUENCE {sequence} OWNED BY {owned};"),
            &format!(
                "ALTER TABLE {table} ALTER COLUMN {} SET DEFAULT {next};",
                ident(column)
            ),
            &safe::fill(table, column, &next),
        ]);
        lint.report(
            "rewrite-serial-identity",
            self.column.location,
            message,
            safe,
        );
        true
    }

    fn virtual_column(&self) -> bool {
        self.has(ConstrType::ConstrGenerated)
    }

    fn stored(&self, lint: &mut Linter<'_>) -> bool {
        let Some(generated) = ast::of_kind(self.column, ConstrType::ConstrGenerated) else {
            return false;
        };
        if generated.generated_kind == "v" {
            return false;
        }
        let expression =
            ast::inner(generated.raw_expr.as_deref()).map_or_else(String::new, ast::sql_of);
        let (table, column) = (self.table, self.name());
        let message = format!(
            "{table}.{} is computed and stored for every row that is there",
            ident(column)
        );
        let safe = if lint.at_least(18) {
            let bare = self.bare();
            let bare = bare.trim_end_matches(';');
            safe::lines(&[&format!(
                "{bare} GENERATED ALWAYS AS ({expression}) VIRTUAL;"
            )])
        } else {
            let computed = format!("(SELECT {expression} FROM (SELECT NEW.*) AS new_row)");
            safe::lines(&[
                &self.bare(),
                &safe::in_step(table, column, &computed),
                &safe::fill(table, column, &expression),
            ])
        };
        lint.report(
            "rewrite-generated-stored",
            self.column.location,
            message,
            safe,
        );
        true
    }

    fn default(&self, lint: &mut Linter<'_>) {
        let Some(default) = ast::default_of(self.column) else {
            return;
        };
        let Some(function) = volatile_in(lint, default) else {
            return;
        };
        let (table, column) = (self.table, self.name());
        let value = ast::sql_of(default);
        let message = format!(
            "the default of {table}.{} calls {function}(), which is volatile",
            ident(column)
        );
        let safe = safe::lines(&[
            &self.bare(),
            &format!(
                "ALTER TABLE {table} ALTER COLUMN {} SET DEFAULT {value};",
                ident(column)
            ),
            &safe::fill(table, column, &value),
        ]);
        lint.report(
            "rewrite-volatile-default",
            self.column.location,
            message,
            safe,
        );
    }

    fn required(&self, lint: &mut Linter<'_>) {
        let by_domain = self
            .type_name()
            .and_then(|name| lint.catalog.domain(&name).map(|domain| domain.has_default));
        let required = self.has(ConstrType::ConstrNotnull) || self.has(ConstrType::ConstrPrimary);
        if !required || ast::default_of(self.column).is_some() || by_domain == Some(true) {
            return;
        }
        let (table, column) = (self.table, self.name());
        let message = format!("{table}.{} is NOT NULL and has no default", ident(column));
        let later = safe::not_null(table, column, lint.at_least(18)).unwrap_or_default();
        let safe = safe::lines(&[
            &self.bare(),
            &safe::fill(table, column, "…"),
            "-- and when every release that runs writes it:",
            &later,
        ]);
        lint.report("required-column", self.column.location, message, safe);
    }

    fn domain(&self, lint: &mut Linter<'_>) {
        let Some(name) = self.type_name() else { return };
        if !lint
            .catalog
            .domain(&name)
            .is_some_and(|domain| domain.constrained)
        {
            return;
        }
        let (table, column) = (self.table, ident(self.name()));
        let check = ident(&format!("{}_{}_check", table.name, self.name()));
        let message = format!("{table}.{column} is of domain {name}, which has a constraint");
        let safe = safe::lines(&[
            "-- the domain's base type, and its constraint on the table:",
            &format!("ALTER TABLE {table} ADD COLUMN {column} …;"),
            &format!("ALTER TABLE {table} ADD CONSTRAINT {check} CHECK (…) NOT VALID;"),
        ]);
        lint.report("rewrite-domain", self.column.location, message, safe);
    }

    fn check_constraint(&self, lint: &mut Linter<'_>) {
        let Some(check) = ast::of_kind(self.column, ConstrType::ConstrCheck) else {
            return;
        };
        if !check.is_enforced && check.skip_validation {
            return;
        }
        let (table, column) = (self.table, self.name());
        let default = format!("{}_{column}_check", table.name);
        let name = ident(if check.conname.is_empty() {
            &default
        } else {
            &check.conname
        });
        let expression =
            ast::inner(check.raw_expr.as_deref()).map_or_else(String::new, ast::sql_of);
        let message = format!(
            "the CHECK of the new column {table}.{} is validated at once",
            ident(column)
        );
        let safe = safe::transactions(&[
            format!(
                "{}\nALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({expression}) NOT VALID;",
                self.bare()
            ),
            format!("ALTER TABLE {table} VALIDATE CONSTRAINT {name};"),
        ]);
        lint.report("check-validates", check.location, message, safe);
    }

    /// Without a default the column is NULL everywhere, and PostgreSQL reads nothing.
    fn reference(&self, lint: &mut Linter<'_>) {
        let Some(foreign) = ast::of_kind(self.column, ConstrType::ConstrForeign) else {
            return;
        };
        if ast::default_of(self.column).is_none() {
            return;
        }
        let (table, column) = (self.table, self.name());
        let referenced = foreign
            .pktable
            .as_ref()
            .map_or_else(String::new, |range| Name::of(range).to_string());
        let name = ident(&format!("{}_{column}_fkey", table.name));
        let message = format!(
            "{table}.{} refers to {referenced} and has a default",
            ident(column)
        );
        let safe = safe::transactions(&[
            format!(
                "{}\nALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({}) REFERENCES {referenced} NOT VALID;",
                self.bare(),
                ident(column)
            ),
            format!("ALTER TABLE {table} VALIDATE CONSTRAINT {name};"),
        ]);
        lint.report("fk-validates", foreign.location, message, safe);
    }

    fn index(&self, lint: &mut Linter<'_>) {
        let (table, column) = (self.table, self.name());
        for (kind, rule, word, suffix) in [
            (
                ConstrType::ConstrUnique,
                "unique-builds-index",
                "UNIQUE",
                "key",
            ),
            (
                ConstrType::ConstrPrimary,
                "primary-key-builds-index",
                "PRIMARY KEY",
                "pkey",
            ),
        ] {
            let Some(constraint) = ast::of_kind(self.column, kind) else {
                continue;
            };
            let name = match suffix {
                "pkey" => table.beside(format!("{}_pkey", table.name)),
                _ => table.beside(format!("{}_{column}_{suffix}", table.name)),
            };
            let index = ident(&name.name);
            let message = format!(
                "{word} on the new column {table}.{} builds an index",
                ident(column)
            );
            let safe = safe::lines(&[
                "BEGIN;",
                &self.bare(),
                "COMMIT;",
                &format!(
                    "CREATE UNIQUE INDEX CONCURRENTLY {index} ON {table} ({});",
                    ident(column)
                ),
                &format!("ALTER TABLE {table} ADD CONSTRAINT {index} {word} USING INDEX {index};"),
            ]);
            lint.report(rule, constraint.location, message, safe);
        }
    }
}

/// A function in an expression that is certainly volatile.
fn volatile_in(lint: &Linter<'_>, expression: &NodeEnum) -> Option<Name> {
    let mut found = None;
    ast::visit(expression, &mut |node| {
        let NodeEnum::FuncCall(call) = node else {
            return;
        };
        let Some(name) = Name::of_parts(&call.funcname) else {
            return;
        };
        let own = lint.catalog.volatility(&name, call.args.len());
        let listed = !lint.catalog.live && VOLATILE.contains(&name.name.as_str());
        let known = listed && own.is_none();
        if known || own == Some(Volatility::Volatile) {
            found = found.take().or(Some(name));
        }
    });
    found
}

fn set_not_null(lint: &mut Linter<'_>, stmt: &AlterTableStmt, table: &Name, column: &str, at: i32) {
    let relation = lint.catalog.relation(table);
    if relation
        .and_then(|relation| relation.column(column))
        .is_some_and(|column| column.not_null)
    {
        return;
    }
    let dropped = |name: &str| {
        ast::commands(stmt)
            .any(|cmd| cmd.subtype() == AlterTableType::AtDropConstraint && cmd.name == name)
    };
    let named = format!("{table}.{}", ident(column));
    let proof = relation
        .and_then(|relation| relation.proof_of(column))
        .map(|check| check.name.clone());
    match proof {
        Some(proof) if dropped(&proof) => {
            let message = format!(
                "{} proves {named}, and is dropped before it is asked",
                ident(&proof)
            );
            let safe = safe::lines(&[
                &format!(
                    "ALTER TABLE {table} ALTER COLUMN {} SET NOT NULL;",
                    ident(column)
                ),
                &format!("ALTER TABLE {table} DROP CONSTRAINT {};", ident(&proof)),
            ]);
            lint.report("not-null-proof-dropped", at, message, safe);
        }
        Some(_) => {}
        None => {
            let message = format!("no validated check proves that {named} holds no NULL");
            let safe = safe::not_null(table, column, lint.at_least(18));
            lint.report("not-null-scan", at, message, safe);
        }
    }
}

/// PostgreSQL drops defaults before it adds columns.
fn drop_default(lint: &mut Linter<'_>, stmt: &AlterTableStmt, table: &Name, column: &str) {
    let adds = ast::commands(stmt)
        .filter(|cmd| cmd.subtype() == AlterTableType::AtAddColumn)
        .filter_map(ast::column_of)
        .any(|added| added.colname == column);
    if !adds {
        return;
    }
    let column = ident(column);
    let message = format!("{table}.{column} is not there yet when its default is dropped");
    let safe = safe::lines(&[
        "-- after the ALTER TABLE that adds it:",
        &format!("ALTER TABLE {table} ALTER COLUMN {column} DROP DEFAULT;"),
    ]);
    lint.report("alter-order", 0, message, safe);
}

//! What a statement is to the engine, judged from PostgreSQL's own parse tree.
//!
//! The tree is only decoded where the first words do not settle the matter: a statement that
//! starts with `INSERT` is transactional whatever follows, once the parser has accepted it.
//!
//! Left transactional although a server may refuse them in a transaction, since that depends on
//! its state: `REINDEX` and `CLUSTER` of a partitioned table. `LISTEN`, `PREPARE`, `LOAD`,
//! temporary tables, cursors `WITH HOLD` and session-level advisory locks are allowed: the engine
//! resets the session between migrations.

use pg_query::NodeEnum;
use pg_query::protobuf::{
    AlterDatabaseStmt, AlterSubscriptionStmt, AlterSubscriptionType, AlterTableStmt, ClusterStmt,
    CopyStmt, CreateSubscriptionStmt, DefElem, DropStmt, IndexStmt, Node, ObjectType, RangeVar,
    ReindexObjectType, ReindexStmt, TransactionStmt, TransactionStmtKind,
};

use crate::guard;
use crate::lex::{Kind, Lexer};
use crate::parse::{self, Fault};

/// A name as written, with its schema where that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Name {
    /// Schema, when the name is qualified.
    pub schema: Option<String>,
    /// The name, without quotes and folded to lower case as PostgreSQL does.
    pub name: String,
}

impl Name {
    /// A name as the parser gives it.
    #[must_use]
    pub fn new(schema: Option<String>, name: String) -> Self {
        Self { schema, name }
    }
}

/// What a `REINDEX` works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReindexKind {
    /// One index.
    Index,
    /// All indexes of a table.
    Table,
    /// All indexes of a schema.
    Schema,
    /// The system catalogs.
    System,
    /// All indexes of the database.
    Database,
}

/// A statement that cannot run in a transaction, with what the engine needs to find out from the
/// catalog how far it got.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Standalone {
    /// `CREATE INDEX CONCURRENTLY`.
    CreateIndexConcurrently {
        /// Name of the index; `None` when the server chooses it.
        name: Option<String>,
        /// The table; the index goes into its schema.
        table: Name,
        /// Is it `UNIQUE`?
        unique: bool,
        /// Is it `IF NOT EXISTS`?
        if_not_exists: bool,
    },
    /// `DROP INDEX CONCURRENTLY`.
    DropIndexConcurrently {
        /// The indexes.
        names: Vec<Name>,
        /// Is it `IF EXISTS`?
        if_exists: bool,
    },
    /// `REINDEX` in a form that cannot run in a transaction.
    Reindex {
        /// What it works on.
        kind: ReindexKind,
        /// Is it `CONCURRENTLY`?
        concurrently: bool,
        /// Name of the object; `None` is the current database.
        name: Option<Name>,
    },
    /// `VACUUM`.
    Vacuum,
    /// `CLUSTER` of all tables.
    Cluster,
    /// `ALTER SYSTEM`.
    AlterSystem,
    /// `CREATE DATABASE`.
    CreateDatabase {
        /// The database.
        name: String,
    },
    /// `DROP DATABASE`.
    DropDatabase {
        /// The database.
        name: String,
    },
    /// `ALTER DATABASE … SET TABLESPACE`.
    AlterDatabaseTablespace {
        /// The database.
        name: String,
    },
    /// `CREATE TABLESPACE`.
    CreateTablespace {
        /// The tablespace.
        name: String,
    },
    /// `DROP TABLESPACE`.
    DropTablespace {
        /// The tablespace.
        name: String,
    },
    /// `ALTER TABLE … DETACH PARTITION … CONCURRENTLY`.
    DetachPartitionConcurrently {
        /// The partitioned table.
        parent: Name,
        /// The partition.
        child: Name,
    },
    /// `CREATE SUBSCRIPTION` that creates a slot.
    CreateSubscription {
        /// The subscription.
        name: String,
    },
    /// `DROP SUBSCRIPTION`.
    DropSubscription {
        /// The subscription.
        name: String,
    },
    /// `ALTER SUBSCRIPTION` in a form that talks to the publisher.
    AlterSubscription {
        /// The subscription.
        name: String,
    },
    /// A `DO` block that commits or rolls back.
    CommittingDo,
    /// A `CALL` of a procedure that commits or rolls back.
    CommittingCall {
        /// The procedure.
        name: Name,
    },
    /// Declared by the author with `-- enact: no-transaction <reason>`.
    Declared {
        /// Why, in the author's words; may be empty.
        reason: String,
    },
}

/// Something a statement must not do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) id: &'static str,
    pub(crate) message: String,
    pub(crate) mend: String,
}

impl Refusal {
    pub(crate) fn new(
        id: &'static str,
        message: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Self {
            id,
            message: message.into(),
            mend: mend.into(),
        }
    }
}

/// What one statement is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Class {
    Transactional,
    RollbackTo,
    Standalone(Standalone),
    Call(Name),
    Begin,
    Commit,
    Refused(Refusal),
}

/// Parses one statement and says what it is; `depth` bounds how deep its tree nests.
pub(crate) fn classify(sql: &str, depth: usize) -> Result<Class, Fault> {
    if !needs_tree(sql) {
        return parse::check(sql).map(|()| Class::Transactional);
    }
    parse::with_tree(sql, depth, class)
}

/// The first words of a statement, in lower case, up to the first token that is none.
pub(crate) fn head(sql: &str) -> Vec<String> {
    let mut lexer = Lexer::new(sql);
    let mut words = Vec::new();
    while let Ok(Some(token)) = lexer.next_token() {
        match token.kind {
            Kind::Word if words.len() < 8 => words.push(token.of(sql).to_ascii_lowercase()),
            _ if token.is_trivia() => {}
            _ => break,
        }
    }
    words
}

fn needs_tree(sql: &str) -> bool {
    let words = head(sql);
    let word = |at: usize| words.get(at).map_or("", String::as_str);
    match word(0) {
        "begin" | "start" | "commit" | "end" | "rollback" | "abort" | "set" | "reset"
        | "discard" | "vacuum" | "cluster" | "reindex" | "do" | "call" => true,
        "copy" => contains_word(sql, "stdin") || contains_word(sql, "stdout"),
        "prepare" => word(1) == "transaction",
        "create" => match word(1) {
            "database" | "tablespace" | "subscription" => true,
            "index" | "unique" => contains_word(sql, "concurrently"),
            _ => false,
        },
        "drop" => matches!(
            word(1),
            "index" | "database" | "tablespace" | "subscription"
        ),
        "alter" => match word(1) {
            "system" | "database" | "subscription" => true,
            "table" => contains_word(sql, "concurrently"),
            _ => false,
        },
        _ => false,
    }
}

fn contains_word(sql: &str, wanted: &str) -> bool {
    let mut lexer = Lexer::new(sql);
    while let Ok(Some(token)) = lexer.next_token() {
        if token.kind == Kind::Word && token.of(sql).eq_ignore_ascii_case(wanted) {
            return true;
        }
    }
    false
}

fn class(node: &NodeEnum) -> Class {
    let standalone = match node {
        NodeEnum::TransactionStmt(stmt) => return transaction(stmt),
        NodeEnum::VariableSetStmt(stmt) => {
            return guard::set(stmt).map_or(Class::Transactional, Class::Refused);
        }
        NodeEnum::DiscardStmt(_) => return Class::Refused(guard::discard()),
        NodeEnum::CopyStmt(stmt) => {
            return copy(stmt).map_or(Class::Transactional, Class::Refused);
        }
        NodeEnum::CallStmt(stmt) => {
            let name = stmt
                .funccall
                .as_ref()
                .and_then(|call| name_of(&call.funcname));
            return name.map_or(Class::Transactional, Class::Call);
        }
        NodeEnum::DoStmt(stmt) => commits(&stmt.args).then_some(Standalone::CommittingDo),
        NodeEnum::IndexStmt(stmt) => create_index(stmt),
        NodeEnum::DropStmt(stmt) => drop_index(stmt),
        NodeEnum::ReindexStmt(stmt) => reindex(stmt),
        NodeEnum::ClusterStmt(stmt) => cluster(stmt),
        NodeEnum::AlterTableStmt(stmt) => detach(stmt),
        other => plain_standalone(other),
    };
    standalone.map_or(Class::Transactional, Class::Standalone)
}

fn plain_standalone(node: &NodeEnum) -> Option<Standalone> {
    Some(match node {
        NodeEnum::VacuumStmt(stmt) if stmt.is_vacuumcmd => Standalone::Vacuum,
        NodeEnum::AlterSystemStmt(_) => Standalone::AlterSystem,
        NodeEnum::CreatedbStmt(stmt) => Standalone::CreateDatabase {
            name: stmt.dbname.clone(),
        },
        NodeEnum::DropdbStmt(stmt) => Standalone::DropDatabase {
            name: stmt.dbname.clone(),
        },
        NodeEnum::AlterDatabaseStmt(stmt) => return alter_database(stmt),
        NodeEnum::CreateTableSpaceStmt(stmt) => Standalone::CreateTablespace {
            name: stmt.tablespacename.clone(),
        },
        NodeEnum::DropTableSpaceStmt(stmt) => Standalone::DropTablespace {
            name: stmt.tablespacename.clone(),
        },
        NodeEnum::CreateSubscriptionStmt(stmt) => return create_subscription(stmt),
        NodeEnum::DropSubscriptionStmt(stmt) => Standalone::DropSubscription {
            name: stmt.subname.clone(),
        },
        NodeEnum::AlterSubscriptionStmt(stmt) => return alter_subscription(stmt),
        _ => return None,
    })
}

fn transaction(stmt: &TransactionStmt) -> Class {
    use TransactionStmtKind as K;
    match stmt.kind() {
        K::TransStmtBegin | K::TransStmtStart if stmt.options.is_empty() => Class::Begin,
        K::TransStmtBegin | K::TransStmtStart => Class::Refused(Refusal::new(
            "transaction-options",
            "BEGIN sets options of a transaction that Enact owns",
            "write plain `BEGIN;`",
        )),
        K::TransStmtCommit if !stmt.chain => Class::Commit,
        K::TransStmtCommit => Class::Refused(Refusal::new(
            "commit-and-chain",
            "COMMIT AND CHAIN opens a transaction with the commit",
            "write `COMMIT;`, and `BEGIN;` before what follows",
        )),
        K::TransStmtRollbackTo => Class::RollbackTo,
        K::TransStmtSavepoint | K::TransStmtRelease => Class::Transactional,
        K::TransStmtRollback => Class::Refused(Refusal::new(
            "transaction-rollback",
            "ROLLBACK would undo the migration while Enact records it as applied",
            "remove what should not happen; to fail on purpose, RAISE EXCEPTION in a DO block",
        )),
        _ => Class::Refused(Refusal::new(
            "prepared-transaction",
            "two-phase commit leaves the outcome to another session",
            "remove it: Enact commits the migration together with its record",
        )),
    }
}

fn copy(stmt: &CopyStmt) -> Option<Refusal> {
    if !stmt.filename.is_empty() {
        return None;
    }
    if !stmt.is_from {
        let mend = "remove it, or write to a table";
        return Some(Refusal::new(
            "copy-to-client",
            "COPY … TO STDOUT sends data to the client, where nobody reads it",
            mend,
        ));
    }
    let binary = options(&stmt.options)
        .any(|option| option.defname == "format" && text(option) == Some("binary"));
    binary.then(|| {
        Refusal::new(
            "copy-binary",
            "binary COPY data cannot stand in a text file",
            "use the text or CSV format",
        )
    })
}

fn create_index(stmt: &IndexStmt) -> Option<Standalone> {
    Some(Standalone::CreateIndexConcurrently {
        name: filled(&stmt.idxname),
        table: relation(stmt.relation.as_ref().filter(|_| stmt.concurrent)?),
        unique: stmt.unique,
        if_not_exists: stmt.if_not_exists,
    })
}

fn drop_index(stmt: &DropStmt) -> Option<Standalone> {
    if !stmt.concurrent || stmt.remove_type() != ObjectType::ObjectIndex {
        return None;
    }
    let name = |object: &Node| match &object.node {
        Some(NodeEnum::List(list)) => name_of(&list.items),
        _ => None,
    };
    let names = stmt.objects.iter().filter_map(name).collect();
    Some(Standalone::DropIndexConcurrently {
        names,
        if_exists: stmt.missing_ok,
    })
}

fn reindex(stmt: &ReindexStmt) -> Option<Standalone> {
    let kind = match stmt.kind() {
        ReindexObjectType::ReindexObjectIndex => ReindexKind::Index,
        ReindexObjectType::ReindexObjectTable => ReindexKind::Table,
        ReindexObjectType::ReindexObjectSchema => ReindexKind::Schema,
        ReindexObjectType::ReindexObjectSystem => ReindexKind::System,
        _ => ReindexKind::Database,
    };
    let concurrently =
        options(&stmt.params).any(|option| option.defname == "concurrently" && is_on(option));
    if !concurrently && matches!(kind, ReindexKind::Index | ReindexKind::Table) {
        return None;
    }
    let plain = filled(&stmt.name).map(|name| Name { schema: None, name });
    let name = stmt.relation.as_ref().map(relation).or(plain);
    Some(Standalone::Reindex {
        kind,
        concurrently,
        name,
    })
}

fn cluster(stmt: &ClusterStmt) -> Option<Standalone> {
    stmt.relation.is_none().then_some(Standalone::Cluster)
}

fn detach(stmt: &AlterTableStmt) -> Option<Standalone> {
    let parent = relation(stmt.relation.as_ref()?);
    let child = stmt.cmds.iter().find_map(|cmd| match &cmd.node {
        Some(NodeEnum::AlterTableCmd(cmd)) => match cmd.def.as_ref()?.node.as_ref()? {
            NodeEnum::PartitionCmd(part) if part.concurrent => part.name.as_ref(),
            _ => None,
        },
        _ => None,
    });
    child.map(|child| Standalone::DetachPartitionConcurrently {
        parent,
        child: relation(child),
    })
}

fn alter_database(stmt: &AlterDatabaseStmt) -> Option<Standalone> {
    let name = stmt.dbname.clone();
    let moves = options(&stmt.options).any(|option| option.defname == "tablespace");
    moves.then_some(Standalone::AlterDatabaseTablespace { name })
}

fn create_subscription(stmt: &CreateSubscriptionStmt) -> Option<Standalone> {
    let without = |option: &DefElem| {
        matches!(option.defname.as_str(), "connect" | "create_slot") && !is_on(option)
    };
    let name = stmt.subname.clone();
    (!options(&stmt.options).any(without)).then_some(Standalone::CreateSubscription { name })
}

fn alter_subscription(stmt: &AlterSubscriptionStmt) -> Option<Standalone> {
    use AlterSubscriptionType as T;
    let has = |names: &[&str]| {
        options(&stmt.options).any(|option| names.contains(&option.defname.as_str()))
    };
    let unrefreshed =
        options(&stmt.options).any(|option| option.defname == "refresh" && !is_on(option));
    let talks = match stmt.kind() {
        T::AlterSubscriptionRefresh => true,
        T::AlterSubscriptionSetPublication
        | T::AlterSubscriptionAddPublication
        | T::AlterSubscriptionDropPublication => !unrefreshed,
        T::AlterSubscriptionOptions => has(&["failover", "two_phase"]),
        _ => false,
    };
    talks.then(|| Standalone::AlterSubscription {
        name: stmt.subname.clone(),
    })
}

/// Does the body of this `DO` block end a transaction?
fn commits(args: &[Node]) -> bool {
    let body = options(args).find(|arg| arg.defname == "as");
    body.and_then(text).is_some_and(guard::ends_transaction)
}

fn options(nodes: &[Node]) -> impl Iterator<Item = &DefElem> {
    nodes.iter().filter_map(|node| match &node.node {
        Some(NodeEnum::DefElem(option)) => Some(&**option),
        _ => None,
    })
}

fn text(option: &DefElem) -> Option<&str> {
    match option.arg.as_ref()?.node.as_ref()? {
        NodeEnum::String(value) => Some(&value.sval),
        _ => None,
    }
}

/// A boolean option: on when it has no value, off as PostgreSQL reads its words.
fn is_on(option: &DefElem) -> bool {
    let off = |word: &str| {
        ["false", "off"]
            .iter()
            .any(|off| word.eq_ignore_ascii_case(off))
    };
    match option.arg.as_ref().and_then(|arg| arg.node.as_ref()) {
        Some(NodeEnum::Boolean(value)) => value.boolval,
        Some(NodeEnum::Integer(value)) => value.ival != 0,
        Some(NodeEnum::String(value)) => !off(&value.sval),
        // The grammar takes a bare word for the name of a type.
        Some(NodeEnum::TypeName(word)) => !name_of(&word.names).is_some_and(|word| off(&word.name)),
        _ => true,
    }
}

fn filled(value: &str) -> Option<String> {
    (!value.is_empty()).then(|| value.to_owned())
}

fn relation(range: &RangeVar) -> Name {
    Name {
        schema: filled(&range.schemaname),
        name: range.relname.clone(),
    }
}

/// A name given as a list of strings, of which the last is the name and the one before its schema.
fn name_of(parts: &[Node]) -> Option<Name> {
    let mut parts = parts.iter().rev().filter_map(|part| match &part.node {
        Some(NodeEnum::String(value)) => Some(value.sval.clone()),
        _ => None,
    });
    let name = parts.next()?;
    Some(Name {
        schema: parts.next(),
        name,
    })
}

#[cfg(test)]
#[path = "classify_tests.rs"]
mod tests;

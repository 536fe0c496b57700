//! One script, statement by statement.

use std::ops::Range;

use enact_sql::script::{Script, SegmentKind, Statement};
use enact_sql::tree;
use pg_query::NodeEnum;

use crate::allow;
use crate::ast;
use crate::catalog::{Catalog, Extent, ForeignKey};
use crate::context::{Context, Direction};
use crate::finding::{Finding, Layer};
use crate::locks::{self, Lock};
use crate::names::Name;
use crate::pair::Undone;
use crate::rule::{self, Severity};
use crate::rules;

/// Judges a script. Findings stand in the order of the text; those that the script allows are left out.
#[must_use]
pub fn lint(script: &Script, context: &Context<'_>) -> Vec<Finding> {
    lint_and_learn(script, context).0
}

/// The same, and what the script makes of the schema: as [`Catalog::learn`], without reading it once more.
#[must_use]
pub fn lint_and_learn(script: &Script, context: &Context<'_>) -> (Vec<Finding>, Catalog) {
    let mut linter = Linter::new(script, context);
    linter.run();
    let live = linter.catalog.live;
    (allow::apply(script, linter.found, live), linter.catalog)
}

/// A finding and the statement it is of.
#[derive(Debug)]
pub(crate) struct Found {
    pub finding: Finding,
    /// Number of the statement, from 0.
    pub statement: usize,
}

/// What the transaction at hand has done so far.
#[derive(Debug, Default)]
pub(crate) struct Transaction {
    pub transactional: bool,
    /// Its one statement runs in batches, each a transaction.
    pub batched: bool,
    /// Locks on tables that were there before, strongest each.
    pub held: Vec<(Name, Lock)>,
    /// Values that were added to types that were there before.
    pub values: Vec<(Name, String)>,
    /// Row-level security without a policy so far: table, statement and its text.
    pub bare: Vec<(Name, usize, Range<usize>)>,
    /// The finding about several locks was made.
    pub told_of_locks: bool,
}

pub(crate) struct Linter<'a> {
    pub script: &'a Script,
    pub context: &'a Context<'a>,
    pub catalog: Catalog,
    /// What the migration of this rollback did.
    pub undone: Undone,
    /// Relations and types that this script made.
    pub new: Vec<Name>,
    /// Tables of this script without a primary key so far.
    pub keyless: Vec<(Name, usize, Range<usize>)>,
    /// Foreign keys of this script, which a later statement may give an index.
    pub keys: Vec<(ForeignKey, usize, Range<usize>)>,
    /// Sequences whose column this script makes wider.
    pub widened: Vec<(Name, usize, Range<usize>)>,
    /// Columns of older tables that this script has added and not filled.
    pub unfilled: Vec<(Name, String)>,
    /// Columns that this script reads to fill others.
    pub sources: Vec<(Name, String)>,
    pub tx: Transaction,
    pub found: Vec<Found>,
    statement: usize,
    range: Range<usize>,
    /// Size of the table that the statement is about.
    extent: Option<Extent>,
}

impl<'a> Linter<'a> {
    fn new(script: &'a Script, context: &'a Context<'a>) -> Self {
        Self {
            script,
            context,
            catalog: context.catalog.cloned().unwrap_or_default(),
            undone: context.migration.map(Undone::of).unwrap_or_default(),
            new: Vec::new(),
            keyless: Vec::new(),
            keys: Vec::new(),
            widened: Vec::new(),
            unfilled: Vec::new(),
            sources: Vec::new(),
            tx: Transaction::default(),
            found: Vec::new(),
            statement: 0,
            range: 0..0,
            extent: None,
        }
    }

    fn run(&mut self) {
        let script = self.script;
        for segment in &script.segments {
            self.tx = Transaction {
                transactional: segment.kind == SegmentKind::Transactional,
                batched: matches!(segment.kind, SegmentKind::Backfill(_)),
                ..Transaction::default()
            };
            for statement in &segment.statements {
                self.one(statement);
                self.statement += 1;
            }
            rules::security::end_of_segment(self);
        }
        rules::practice::end_of_file(self);
        rules::foreign::end_of_file(self);
        rules::types::end_of_file(self);
        self.found.sort_by_key(|found| found.finding.range.start);
    }

    fn one(&mut self, statement: &Statement) {
        self.range = statement.range.clone();
        let sql = self.script.sql(statement);
        rules::practice::text(self, sql);
        rules::core::statement(self);
        tree::look(sql, |node| {
            self.extent = self.extent_of(node);
            rules::check(self, node, sql);
            self.take_in(node);
        });
    }

    /// What the statement changes for those after it.
    fn take_in(&mut self, node: &NodeEnum) {
        for (name, lock) in self.locks(node) {
            match self
                .tx
                .held
                .iter_mut()
                .find(|(known, _)| known.may_be(&name))
            {
                Some((_, held)) => *held = lock.max(*held),
                None => self.tx.held.push((name, lock)),
            }
        }
        self.new.extend(made(node));
        self.catalog.learn_statement(node);
    }

    /// The locks of a statement on tables that were there before.
    pub fn locks(&self, node: &NodeEnum) -> Vec<(Name, Lock)> {
        let mut found = locks::locks(node, &self.catalog);
        found.retain(|(name, _)| self.existed(name) && locks::is_table(&self.catalog, name));
        found
    }

    /// Was it there before this script?
    pub fn existed(&self, name: &Name) -> bool {
        !self.new.iter().any(|new| new.may_be(name))
    }

    /// Is the server of this major or newer, for certain?
    pub fn at_least(&self, major: u16) -> bool {
        self.context.server.is_some_and(|server| server >= major)
    }

    /// Is the server older than this major, for certain?
    pub fn older_than(&self, major: u16) -> bool {
        self.context.server.is_some_and(|server| server < major)
    }

    pub fn is_rollback(&self) -> bool {
        self.context.direction == Direction::Rollback
    }

    /// The statement's text.
    pub fn sql(&self) -> &'a str {
        self.script
            .text()
            .get(self.range.clone())
            .unwrap_or_default()
    }

    /// Where the statement stands.
    pub fn place(&self) -> (usize, Range<usize>) {
        (self.statement, self.range.clone())
    }

    /// Reports a finding at an offset within the statement.
    pub fn report(
        &mut self,
        rule: &'static str,
        at: i32,
        message: String,
        safe: Option<String>,
    ) -> &mut Finding {
        let offset = usize::try_from(at).unwrap_or(0);
        let start = (self.range.start + offset).min(self.range.end);
        let range = start..self.range.end;
        let extent = self.extent.filter(|_| {
            let known = rule::rule(rule);
            known.is_some_and(rule::Rule::grows)
        });
        let finding = self.report_at(rule, self.statement, range, message, safe);
        finding.extent = extent;
        finding
    }

    /// How big is what a statement is about?
    fn extent_of(&self, node: &NodeEnum) -> Option<Extent> {
        let first = |nodes| ast::relations(nodes).next();
        let range = match node {
            NodeEnum::AlterTableStmt(stmt) => stmt.relation.as_ref(),
            NodeEnum::IndexStmt(stmt) => stmt.relation.as_ref(),
            NodeEnum::UpdateStmt(stmt) => stmt.relation.as_ref(),
            NodeEnum::DeleteStmt(stmt) => stmt.relation.as_ref(),
            NodeEnum::ReindexStmt(stmt) => stmt.relation.as_ref(),
            NodeEnum::RefreshMatViewStmt(stmt) => stmt.relation.as_ref(),
            NodeEnum::ClusterStmt(stmt) => stmt.relation.as_ref(),
            NodeEnum::TruncateStmt(stmt) => first(&stmt.relations),
            _ => None,
        };
        let name = Name::of(range?);
        // REINDEX INDEX names the index.
        let table = match self.catalog.index(&name) {
            Some(index) if matches!(node, NodeEnum::ReindexStmt(_)) => index.table.clone(),
            _ => name,
        };
        self.catalog.relation(&table)?.extent
    }

    /// Reports a finding of another statement.
    pub fn report_at(
        &mut self,
        rule: &'static str,
        statement: usize,
        range: Range<usize>,
        message: String,
        safe: Option<String>,
    ) -> &mut Finding {
        let finding = finding(self.script, rule, range, message, safe);
        self.found.push(Found { finding, statement });
        let last = self.found.len() - 1;
        &mut self.found[last].finding
    }
}

/// A finding in a range of a script; what is marked ends with the line.
pub(crate) fn finding(
    script: &Script,
    id: &'static str,
    range: Range<usize>,
    message: String,
    safe: Option<String>,
) -> Finding {
    let known = rule::rule(id);
    let place = script.locate(range.start);
    let whole = script.text().get(range.clone()).unwrap_or_default();
    let line = whole.find('\n').unwrap_or(whole.len());
    Finding {
        rule: id,
        severity: known.map_or(Severity::Error, |rule| rule.severity),
        layer: Layer::Parse,
        sandbox: None,
        extent: None,
        file: place.file.to_owned(),
        line: place.line,
        column: place.column,
        range: range.start..range.start + line,
        subject: whole.split_whitespace().collect::<Vec<_>>().join(" "),
        message,
        effect: known.map_or_else(String::new, |rule| rule.effect.to_owned()),
        safe,
    }
}

/// The relations and types that a statement makes. One that may be there already is taken for made, since its
/// author takes it for that.
fn made(node: &NodeEnum) -> Option<Name> {
    match node {
        NodeEnum::CreateStmt(stmt) => stmt.relation.as_ref().map(Name::of),
        NodeEnum::CreateTableAsStmt(stmt) => stmt.into.as_ref()?.rel.as_ref().map(Name::of),
        NodeEnum::ViewStmt(stmt) if !stmt.replace => stmt.view.as_ref().map(Name::of),
        NodeEnum::CreateEnumStmt(stmt) => Name::of_parts(&stmt.type_name),
        NodeEnum::CreateDomainStmt(stmt) => Name::of_parts(&stmt.domainname),
        NodeEnum::IndexStmt(stmt) if !stmt.idxname.is_empty() => {
            Some(Name::of(stmt.relation.as_ref()?).beside(&stmt.idxname))
        }
        NodeEnum::CreateSchemaStmt(stmt) => Some(Name::plain(&stmt.schemaname)),
        _ => None,
    }
}

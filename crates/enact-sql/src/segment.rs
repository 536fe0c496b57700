//! Statements to segments: transactions marked by `BEGIN` and `COMMIT`, statements that stand
//! alone, and what is wrong with their borders.

use std::collections::HashSet;
use std::ops::Range;

use crate::backfill::Backfill;
use crate::classify::{Class, Name, Standalone};
use crate::script::{Problem, Segment, SegmentKind, Statement};

/// One statement on its way into a segment.
pub(crate) struct Item {
    pub(crate) class: Class,
    /// The author's reason for running it outside a transaction.
    pub(crate) declared: Option<String>,
    /// It runs in batches.
    pub(crate) backfill: Option<Backfill>,
    pub(crate) statement: Statement,
}

/// Collects segments in file order.
#[derive(Default)]
pub(crate) struct Builder {
    segments: Vec<Segment>,
    /// Statements of the transactional segment being collected.
    open: Vec<Statement>,
    /// Where the `BEGIN` stands, inside a pair.
    begin: Option<Range<usize>>,
    /// Procedures of this file whose body commits.
    committing: HashSet<String>,
    /// Something could not be read, so borders that are missing prove nothing.
    cut: bool,
}

impl Builder {
    /// Notes that a part of the file could not be read.
    pub(crate) fn cut(&mut self) {
        self.cut = true;
    }

    /// Adds the next statement; gives what is wrong with it where it stands.
    pub(crate) fn add(&mut self, text: &str, item: Item) -> Option<Problem> {
        let Item {
            class,
            declared,
            backfill,
            statement,
        } = item;
        if let Some(backfill) = backfill {
            return self.backfill(backfill, statement);
        }
        match class {
            Class::Begin => self.begin(statement.range),
            Class::Commit => self.commit(statement.range),
            Class::Standalone(standalone) => self.standalone(standalone, statement),
            Class::Call(name) if self.committing.contains(&name.name) => {
                self.standalone(Standalone::CommittingCall { name }, statement)
            }
            Class::Call(name) if declared.is_some() => {
                self.standalone(Standalone::CommittingCall { name }, statement)
            }
            Class::Transactional | Class::RollbackTo | Class::Call(_) | Class::Refused(_) => {
                self.committing
                    .extend(committing_procedure(text, &statement));
                match declared.filter(|_| self.begin.is_none()) {
                    Some(reason) => self.standalone(Standalone::Declared { reason }, statement),
                    None => {
                        self.open.push(statement);
                        None
                    }
                }
            }
        }
    }

    /// The segments, and the `BEGIN` that was never committed.
    pub(crate) fn finish(mut self, end: usize) -> (Vec<Segment>, Option<Problem>) {
        self.close();
        let problem = self.begin.filter(|_| !self.cut).map(|begin| {
            let mend = if end == 0 {
                ""
            } else {
                "write `COMMIT;` at the end of the transaction"
            };
            Problem::new("transaction-open", begin, "this BEGIN has no COMMIT", mend)
        });
        (self.segments, problem)
    }

    fn close(&mut self) {
        if !self.open.is_empty() {
            let statements = std::mem::take(&mut self.open);
            self.segments.push(Segment {
                kind: SegmentKind::Transactional,
                statements,
            });
        }
    }

    fn begin(&mut self, range: Range<usize>) -> Option<Problem> {
        self.close();
        if self.begin.is_some() {
            let mend = "remove it, or COMMIT the transaction before it first";
            return Some(Problem::new(
                "transaction-nested",
                range,
                "BEGIN inside a transaction",
                mend,
            ));
        }
        self.begin = Some(range);
        None
    }

    fn commit(&mut self, range: Range<usize>) -> Option<Problem> {
        self.close();
        if self.begin.take().is_some() || self.cut {
            return None;
        }
        let mend = "remove it, or write `BEGIN;` where the transaction starts";
        Some(Problem::new(
            "transaction-unbalanced",
            range,
            "this COMMIT has no BEGIN",
            mend,
        ))
    }

    fn standalone(&mut self, standalone: Standalone, statement: Statement) -> Option<Problem> {
        if self.begin.is_some() {
            return Some(refused_in_transaction(&standalone, statement.range));
        }
        self.alone(SegmentKind::Standalone(standalone), statement);
        None
    }

    fn backfill(&mut self, backfill: Backfill, statement: Statement) -> Option<Problem> {
        if self.begin.is_some() {
            let message = "a backfill cannot run in a transaction: each of its batches is one";
            let mend = "move it before BEGIN or after COMMIT; it is then a segment of its own";
            return Some(Problem::new(
                "backfill-in-transaction",
                statement.range,
                message,
                mend,
            ));
        }
        self.alone(SegmentKind::Backfill(Box::new(backfill)), statement);
        None
    }

    fn alone(&mut self, kind: SegmentKind, statement: Statement) {
        self.close();
        self.segments.push(Segment {
            kind,
            statements: vec![statement],
        });
    }
}

fn refused_in_transaction(standalone: &Standalone, range: Range<usize>) -> Problem {
    let message = match standalone {
        Standalone::CommittingDo => {
            "a DO block that commits or rolls back cannot run in a transaction"
        }
        Standalone::CommittingCall { .. } => {
            "a procedure that commits or rolls back cannot run in a transaction"
        }
        _ => "PostgreSQL refuses this statement in a transaction",
    };
    let mend = "move it before BEGIN or after COMMIT; it is then a segment of its own";
    Problem::new("standalone-in-transaction", range, message, mend)
}

/// Name of the procedure that a statement creates, when its body commits or rolls back.
fn committing_procedure(text: &str, statement: &Statement) -> Option<String> {
    if statement.tag != "CREATE PROCEDURE" {
        return None;
    }
    let sql = text.get(statement.range.clone())?;
    let name = procedure_name(sql)?;
    crate::guard::body_ends_transaction(sql).then_some(name.name)
}

fn procedure_name(sql: &str) -> Option<Name> {
    let mut parts = crate::guard::name_after(sql, "procedure").into_iter().rev();
    let name = parts.next()?;
    Some(Name {
        schema: parts.next(),
        name,
    })
}

//! `-- enact: allow(<rule>) <reason>`.

use enact_sql::directive::{Directive, DirectiveKind};
use enact_sql::script::Script;

use crate::finding::Finding;
use crate::linter::{self, Found};
use crate::rule::{self, RULES};

struct Allow<'a> {
    rule: &'a str,
    directive: &'a Directive,
    used: bool,
}

/// Leaves out what the script allows, and adds what is wrong with the allows themselves.
///
/// Without a target's catalog it cannot be told that an allow of what only a catalog proves silences nothing.
pub(crate) fn apply(script: &Script, found: Vec<Found>, live: bool) -> Vec<Finding> {
    let mut allows: Vec<Allow<'_>> = script.directives.iter().filter_map(of).collect();
    let mut findings = Vec::new();
    for found in found {
        let mut silenced = false;
        for allow in allows.iter_mut().filter(|allow| allow.covers(&found)) {
            allow.used = true;
            silenced = true;
        }
        if !silenced {
            findings.push(found.finding);
        }
    }
    findings.extend(
        allows
            .iter()
            .filter_map(|allow| allow.problem(script, live)),
    );
    findings.sort_by_key(|finding| finding.range.start);
    findings
}

/// What the script does not allow.
pub(crate) fn silenced(script: &Script, found: Vec<Found>) -> Vec<Finding> {
    let allows: Vec<Allow<'_>> = script.directives.iter().filter_map(of).collect();
    let told = |found: &Found| !allows.iter().any(|allow| allow.covers(found));
    let findings = found.into_iter().filter(told);
    findings.map(|found| found.finding).collect()
}

fn of(directive: &Directive) -> Option<Allow<'_>> {
    match &directive.kind {
        DirectiveKind::Allow { rule, .. } => Some(Allow {
            rule,
            directive,
            used: false,
        }),
        _ => None,
    }
}

impl Allow<'_> {
    fn covers(&self, found: &Found) -> bool {
        let here = self
            .directive
            .statement
            .is_none_or(|at| at == found.statement);
        here && self.rule == found.finding.rule
    }

    fn problem(&self, script: &Script, live: bool) -> Option<Finding> {
        let range = self.directive.range.clone();
        let Some(known) = rule::rule(self.rule) else {
            let message = format!("there is no rule `{}`", self.rule);
            let near = nearest(self.rule).map(|near| format!("-- did you mean allow({near})?"));
            return Some(linter::finding(
                script,
                "unknown-rule",
                range,
                message,
                near,
            ));
        };
        if self.used || known.needs_a_sandbox() || (!live && known.may_need_a_target()) {
            return None;
        }
        let scope = if self.directive.statement.is_some() {
            "on this statement"
        } else {
            "in this file"
        };
        let message = format!("nothing {scope} is found by `{}`", self.rule);
        let safe = "-- remove the comment".to_owned();
        Some(linter::finding(
            script,
            "unused-allow",
            range,
            message,
            Some(safe),
        ))
    }
}

/// The rule that shares most words with a name.
fn nearest(name: &str) -> Option<&'static str> {
    let shared = |id: &str| {
        name.split('-')
            .filter(|word| id.split('-').any(|other| other == *word))
            .count()
    };
    let best = RULES
        .iter()
        .max_by_key(|rule| (shared(rule.id), std::cmp::Reverse(rule.id.len())))?;
    (shared(best.id) > 0).then_some(best.id)
}

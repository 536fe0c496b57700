use super::*;
use crate::requirement::Bound;

const TEMPLATE: &str = "\
-- database/migrations/002_add_audit_metadata.sql
-- =====================================================
-- Migration: 002 - Add audit metadata
-- Ticket: TICKET-001
-- Author: Ada Lovelace
-- Date: 2025-10-14
-- Impact: Low - additive change only
-- Risk: low
-- Downtime: None required
-- Compliance: audit trail
-- =====================================================

-- Purpose:
-- Adds three fields.
-- They are: nullable.

-- Dependencies:
-- core >= 005, core ~ 1.3
-- - orion 002
-- the UUID extension
--
-- Rollback: none - data would be lost

BEGIN;
-- Ticket: not in the header
";

fn problems(text: &str) -> Vec<&'static str> {
    read(text).1.iter().map(|problem| problem.id).collect()
}

#[test]
fn the_guides_template_is_read() {
    let (header, problems) = read(TEMPLATE);
    assert_eq!(problems, []);
    assert_eq!(
        header.number_and_title(),
        Some(("002", "Add audit metadata"))
    );
    assert_eq!(header.ticket.as_deref(), Some("TICKET-001"));
    assert_eq!(header.author.as_deref(), Some("Ada Lovelace"));
    assert_eq!(header.date.as_deref(), Some("2025-10-14"));
    assert_eq!(
        header.purpose.as_deref(),
        Some("Adds three fields.\nThey are: nullable.")
    );
    assert_eq!(header.impact.as_deref(), Some("Low - additive change only"));
    assert_eq!(header.compliance.as_deref(), Some("audit trail"));
    let reason = "data would be lost".to_owned();
    assert_eq!(header.rollback, Some(Rollback::None { reason }));
}

#[test]
fn requirements_are_read_and_prose_is_kept() {
    let (header, _) = read(TEMPLATE);
    let all: Vec<_> = header
        .requirements
        .iter()
        .map(|one| {
            (
                &TEMPLATE[one.range.clone()],
                one.requirement.stream.as_str(),
                &one.requirement.bound,
            )
        })
        .collect();
    assert_eq!(
        all,
        [
            ("core >= 005", "core", &Bound::Migration(5)),
            ("core ~ 1.3", "core", &Bound::Release(vec![1, 3])),
            ("orion 002", "orion", &Bound::Migration(2)),
        ]
    );
    assert!(header.dependencies.unwrap().ends_with("the UUID extension"));
}

#[test]
fn a_rollback_scripts_title_is_text() {
    let (header, problems) = read("-- Rollback: 002 - Add audit metadata\n");
    assert_eq!(
        header.rollback,
        Some(Rollback::Text("002 - Add audit metadata".into()))
    );
    assert_eq!(problems, []);
}

#[test]
fn malformed_fields_are_problems() {
    assert_eq!(problems("-- Rollback: none\n"), ["header-rollback"]);
    assert_eq!(problems("-- Rollback: none - \n"), ["header-rollback"]);
    assert_eq!(
        problems("-- Migration: Add a table\n"),
        ["header-migration"]
    );
    assert_eq!(problems("-- Date: 2025-02-29\n"), ["header-date"]);
    assert_eq!(problems("-- Date: 24.1.2025\n"), ["header-date"]);
    assert_eq!(
        problems("-- Author: [Your Name]\n-- Date: YYYY-MM-DD\n"),
        ["header-placeholder"; 2]
    );
    assert_eq!(
        problems("-- Ticket: A\n-- Ticket: B\n"),
        ["header-duplicate"]
    );
    for item in [
        "core >= x",
        "core > 005",
        "core ~ 1.x",
        "core == 005",
        "core >= 5",
        "core ^1.3",
    ] {
        assert_eq!(
            problems(&format!("-- Dependencies: {item}\n")),
            ["header-dependency"],
            "{item}"
        );
    }
    for item in [
        "none",
        "core 005 must be there",
        "PostgreSQL 15",
        "TICKET-002",
        "the core schema",
    ] {
        assert_eq!(
            problems(&format!("-- Dependencies: {item}\n")),
            [""; 0],
            "{item}"
        );
    }
}

#[test]
fn statements_end_the_header() {
    let (header, _) = read("SELECT 1; -- Ticket: X\n");
    assert_eq!(header, Header::default());
}

//! Findings of lint in the forms of those who show them beside the code.

use enact_lint::{RULES, Rule};
use serde_json::{Value, json};

use crate::program::VERSION;
use crate::ui;
use crate::ui::style::safe;
use crate::wire;

/// SARIF 2.1.0. `prefix` leads from the root of the git repository to that of the Enact repository.
pub fn sarif(document: &wire::Lint, prefix: &str) -> String {
    let results: Vec<Value> = document
        .findings
        .iter()
        .map(|finding| result(finding, prefix))
        .collect();
    let rules: Vec<Value> = RULES.iter().map(rule).collect();
    ui::json(&json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "enact", "semanticVersion": VERSION, "rules": rules } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    }))
}

fn rule(rule: &Rule) -> Value {
    json!({
        "id": rule.id,
        "shortDescription": { "text": rule.title },
        "fullDescription": { "text": rule.effect },
        "helpUri": page(&format!("docs/rules/{}.md", rule.id)),
        "defaultConfiguration": { "level": level(rule.severity.as_str()) },
    })
}

/// A page as a URI, which SARIF wants absolute: the documentation is a part of each release and has no other address.
fn page(path: &str) -> String {
    format!("enact:{path}")
}

fn result(finding: &wire::LintFinding, prefix: &str) -> Value {
    let index = RULES.iter().position(|rule| rule.id == finding.rule);
    json!({
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": level(finding.severity),
        "message": { "text": words(finding) },
        "locations": [{
            "physicalLocation": {
                "artifactLocation": { "uri": uri(&format!("{prefix}{}", finding.file)) },
                "region": { "startLine": finding.line, "startColumn": finding.column },
            },
        }],
        "partialFingerprints": { "enact/v1": finding.fingerprint },
        "properties": properties(finding),
    })
}

fn properties(finding: &wire::LintFinding) -> Value {
    match finding.sandbox {
        None => json!({ "layer": finding.layer }),
        Some(sandbox) => json!({ "layer": finding.layer, "sandbox": sandbox }),
    }
}

fn level(severity: &str) -> &str {
    match severity {
        "notice" => "note",
        other => other,
    }
}

/// A path as a relative reference.
fn uri(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte);
    let one = |byte: u8| {
        if plain(byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    path.bytes().map(one).collect()
}

/// Workflow commands of GitHub Actions, one line for each finding.
pub fn github(document: &wire::Lint, prefix: &str) -> String {
    let one = |finding: &wire::LintFinding| {
        format!(
            "::{} file={},line={},col={},title={}::{}\n",
            finding.severity,
            property(&safe(&format!("{prefix}{}", finding.file))),
            finding.line,
            finding.column,
            finding.rule,
            escaped(&safe(&words(finding))),
        )
    };
    document.findings.iter().map(one).collect()
}

fn escaped(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    escaped(text).replace(':', "%3A").replace(',', "%2C")
}

/// GitLab's code quality report.
pub fn gitlab(document: &wire::Lint, prefix: &str) -> String {
    let one = |finding: &wire::LintFinding| {
        let severity = match finding.severity {
            "error" => "critical",
            "warning" => "major",
            _ => "info",
        };
        json!({
            "description": words(finding),
            "check_name": finding.rule,
            "fingerprint": finding.fingerprint,
            "severity": severity,
            "location": {
                "path": format!("{prefix}{}", finding.file),
                "lines": { "begin": finding.line },
            },
        })
    };
    let findings: Vec<Value> = document.findings.iter().map(one).collect();
    ui::json(&findings)
}

fn words(finding: &wire::LintFinding) -> String {
    let safe = finding
        .safe
        .as_deref()
        .map(|safe| format!("\nSafe:\n{safe}"));
    format!(
        "{}: {}{}",
        finding.message,
        finding.effect,
        safe.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_github_would_take_for_its_own_signs_is_escaped() {
        assert_eq!(property("a:b,c%\n"), "a%3Ab%2Cc%25%0A");
        assert_eq!(escaped("100 %: a,b"), "100 %25: a,b");
    }

    #[test]
    fn paths_are_references() {
        assert_eq!(uri("a b/ü.sql"), "a%20b/%C3%BC.sql");
    }
}

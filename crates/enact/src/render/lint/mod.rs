//! Findings of lint as text and as a document.

pub mod formats;

use std::collections::HashMap;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use enact_engine::live::LiveSchema;
use enact_engine::project::Project;
use enact_engine::project::linting::Linted;
use enact_lint::{Finding, Layer, Sandbox, Severity};
use sha2::{Digest, Sha256};

use crate::context::Target;
use crate::failure::Excerpt;
use crate::ui::style::{BAD, GOOD, STRONG, WARNING, paint, plural, safe};
use crate::wire;

/// The document for programs.
pub fn document(
    project: &Project,
    linted: &[Linted],
    passed: bool,
    live: Option<(&LiveSchema, &Target)>,
) -> wire::Lint {
    let config = &project.config.lint;
    let mut seen = HashMap::new();
    let findings = linted.iter().flat_map(|file| &file.findings);
    wire::Lint {
        schema: "enact.lint/1",
        passed,
        stream: project.config.project.name.to_string(),
        target: live.map(|(_, target)| target.conninfo.redacted()),
        environment: live
            .and_then(|(_, target)| target.environment.as_ref())
            .map(|(name, _)| name.clone()),
        server: live.map_or(config.server, |(live, _)| Some(live.server)),
        fail: config.fail.map_or("never", Severity::as_str),
        files: linted.len(),
        findings: findings.map(|finding| one(finding, &mut seen)).collect(),
    }
}

fn one(finding: &Finding, seen: &mut HashMap<String, usize>) -> wire::LintFinding {
    let what = format!("{}\0{}\0{}", finding.rule, finding.file, finding.subject);
    // The same statement can stand twice in a file.
    let before = seen.entry(what.clone()).or_default();
    let fingerprint = digest(&format!("{what}\0{before}"));
    *before += 1;
    wire::LintFinding {
        rule: finding.rule,
        severity: finding.severity.as_str(),
        layer: finding.layer.as_str(),
        sandbox: finding.sandbox.map(Sandbox::as_str),
        file: finding.file.clone(),
        line: finding.line,
        column: finding.column,
        message: finding.message.clone(),
        rows: finding.extent.map(|extent| extent.rows),
        bytes: finding.extent.and_then(|extent| extent.bytes),
        effect: finding.effect.clone(),
        safe: finding.safe.clone(),
        page: finding.page(),
        fingerprint,
    }
}

fn digest(text: &str) -> String {
    let bytes = Sha256::digest(text.as_bytes());
    bytes
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The text for people.
pub fn text(document: &wire::Lint, linted: &[Linted]) -> String {
    let mut text = String::new();
    for file in linted {
        for finding in &file.findings {
            text += &finding_text(finding, file);
        }
    }
    text + &summary(document)
}

fn summary(document: &wire::Lint) -> String {
    let mut files = format!("{}: {}", document.stream, plural(document.files, "file"));
    if let Some(target) = document.environment.as_ref().or(document.target.as_ref()) {
        files += &format!(" for {}", safe(target));
    }
    if document.findings.is_empty() {
        return format!("{files}, {}\n", paint(GOOD, "nothing found"));
    }
    let count = |severity: Severity| {
        let of = document
            .findings
            .iter()
            .filter(|finding| finding.severity == severity.as_str());
        of.count()
    };
    let parts = [
        (Severity::Error, BAD),
        (Severity::Warning, WARNING),
        (Severity::Notice, STRONG),
    ];
    let parts = parts.into_iter().filter_map(|(severity, style)| {
        let count = count(severity);
        (count > 0).then(|| paint(style, &plural(count, severity.as_str())))
    });
    format!("{files}, {}\n", parts.collect::<Vec<_>>().join(", "))
}

fn finding_text(finding: &Finding, file: &Linted) -> String {
    let mut text = headline(finding, file);
    text.push('\n');
    text += &line("layer", &layers(finding));
    text += &line("effect", &finding.effect);
    if let Some(recipe) = &finding.safe {
        text += &line("safe", &format!("\n{recipe}"));
    }
    text += &line("page", &finding.page());
    text.push('\n');
    text
}

/// What proves it, and what the sandbox says to that.
fn layers(finding: &Finding) -> String {
    let layer = finding.layer.as_str();
    match (finding.layer, finding.sandbox) {
        (Layer::Sandbox, _) | (_, None) => layer.to_owned(),
        (_, Some(Sandbox::Seen)) => format!("{layer}, and seen in the sandbox"),
        (_, Some(Sandbox::NotSeen)) => {
            format!(
                "{layer}; not seen in the sandbox: the statement ran there and did no such thing"
            )
        }
    }
}

fn line(label: &str, text: &str) -> String {
    let text = safe(text.trim_end()).replace('\n', "\n    ");
    let space = if text.starts_with('\n') { "" } else { " " };
    format!("  {}{space}{text}\n", paint(STRONG, &format!("{label}:")))
}

fn headline(finding: &Finding, file: &Linted) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Notice => Level::NOTE.with_name("notice"),
    };
    let title = level.primary_title(safe(&finding.message)).id(finding.rule);
    let number = u32::try_from(finding.line).unwrap_or(u32::MAX);
    let excerpt = Excerpt::around(file.script.text(), &finding.range, number);
    let group = match &excerpt {
        Some(excerpt) => title.element(
            Snippet::source(excerpt.text.as_str())
                .line_start(excerpt.first_line as usize)
                .path(safe(&finding.file))
                .annotation(AnnotationKind::Primary.span(excerpt.span.clone())),
        ),
        None => title.element(
            Origin::path(safe(&finding.file))
                .line(finding.line)
                .char_column(finding.column),
        ),
    };
    let group: Group<'_> = group;
    Renderer::styled().render(&[group])
}

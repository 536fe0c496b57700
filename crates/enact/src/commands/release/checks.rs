//! What must be in order before anything is proven: the files, lint, and that nothing released has changed.

use enact_engine::exit::Exit;
use enact_engine::project::layout::Migration;
use enact_engine::project::linting::{Selection, lint};
use enact_engine::project::validate;

use super::Candidate;
use crate::failure::Failure;
use crate::ui::style::plural;

impl Candidate<'_> {
    /// A version that was released elsewhere has the same contents here.
    pub(super) fn check_same(&self, digest: enact_ledger::Hash) -> Result<(), Failure> {
        let Some(other) = self.same.iter().find(|offer| offer.digest != digest) else {
            return Ok(());
        };
        Err(Failure::new(
            Exit::HistoryDisagrees,
            format!("{} is there with other contents", other.folder.display()),
        )
        .effect("the release that is there stays as it is")
        .next("a release never changes: give this one the next version"))
    }

    /// Validation and lint.
    pub(super) fn check_files(&self) -> Result<(), Failure> {
        let report = validate(&self.project);
        if !report.problems.is_empty() {
            return Err(report.problems.into());
        }
        if self.stream.migrations.is_empty() {
            return Err(Failure::usage("there is no migration to release"));
        }
        let linted = lint(&self.project, &self.stream, &Selection::All, None)?;
        let Some(fail) = self.project.config.lint.fail else {
            return Ok(());
        };
        let found = linted.iter().flat_map(|file| {
            let findings = file
                .findings
                .iter()
                .filter(|finding| finding.severity >= fail);
            findings.map(|finding| {
                let place = file.script.locate(finding.range.start);
                format!(
                    "{}:{}: {} ({})",
                    place.file, place.line, finding.message, finding.rule
                )
            })
        });
        let found: Vec<String> = found.collect();
        if found.is_empty() {
            return Ok(());
        }
        let mut failure = Failure::new(
            Exit::LintFindings,
            format!("lint found {}", plural(found.len(), "fault")),
        );
        failure
            .listed
            .extend(found.into_iter().map(|text| ("lint", text)));
        Err(failure.effect("nothing was released").next("enact lint"))
    }

    /// What was released stays as it was.
    pub(super) fn check_released(&self) -> Result<(), Failure> {
        let Some(previous) = &self.previous else {
            return Ok(());
        };
        let changed = previous.manifest.migrations.iter().filter_map(|released| {
            let label = format!("{:03}_{}", released.number, released.name);
            let now = self.stream.get(released.number);
            let same = |now: &Migration| {
                now.name == released.name
                    && now.digest == released.file.digest
                    && now.rollback_digest == released.rollback.as_ref().map(|file| file.digest)
            };
            match now {
                None => Some(format!("{label} is gone")),
                Some(now) if same(now) => None,
                Some(now) if now.digest == released.file.digest && now.name == released.name => {
                    Some(format!("the rollback of {label} was changed"))
                }
                Some(_) => Some(format!("{label} was changed")),
            }
        });
        let changed: Vec<String> = changed.collect();
        if changed.is_empty() {
            return Ok(());
        }
        let version = &previous.manifest.version;
        let mut failure = Failure::new(
            Exit::HistoryDisagrees,
            format!("what {version} released is not what is here"),
        );
        failure
            .listed
            .extend(changed.into_iter().map(|text| ("changed", text)));
        Err(failure
            .effect("nothing was released")
            .next("restore the files; what must be different is a new migration"))
    }
}

//! Ledger and files that tell different histories.

use enact_engine::history::Disagreement;

use crate::wire;

/// One disagreement in words.
pub fn words(disagreement: &Disagreement) -> String {
    match disagreement {
        Disagreement::Changed {
            file,
            applied_as: Some(other),
            number,
            ..
        } if other != number => format!(
            "{file}: moved: this content was applied as {other:03}; give each file its old number back"
        ),
        Disagreement::Changed {
            file,
            number,
            moved_to: Some(new),
            ..
        } => format!(
            "{file}: {number:03} was applied with what is now {new:03}; give that its old number back, and this one the next"
        ),
        Disagreement::Changed {
            file,
            cosmetic: true,
            ..
        } => format!(
            "{file}: changed after it was applied, in comments or white space alone; restore the file, or `enact amend` it"
        ),
        Disagreement::Changed { file, .. } => format!(
            "{file}: changed after it was applied, in what would run; restore the file and write a new migration"
        ),
        Disagreement::Reused { number, file, name } => format!(
            "{file}: {number:03} was applied as {name}, whose file is gone; restore that, and give this one the next number"
        ),
        Disagreement::Missing { number, name } => {
            format!("{number:03}_{name}: applied, but its file is missing; restore it")
        }
        Disagreement::NotReleased {
            number,
            name,
            release,
        } => format!(
            "{number:03}_{name}: applied, and the pinned release {release} does not have it"
        ),
        Disagreement::Inserted { file, behind, .. } => {
            format!("{file}: not applied, though {behind:03} behind it is; give it the next number")
        }
        Disagreement::ChangedHalfway { file, .. } => format!(
            "{file}: changed while half done; restore it, then finish with `enact apply` or undo with `enact rollback`"
        ),
    }
}

/// One disagreement for programs.
pub fn document(disagreement: &Disagreement) -> wire::Disagreement {
    let message = words(disagreement);
    let number = disagreement.number();
    let (kind, file, cosmetic, applied_as) = match disagreement {
        Disagreement::Changed {
            file,
            cosmetic,
            applied_as,
            ..
        } => ("changed", file.clone(), Some(*cosmetic), *applied_as),
        Disagreement::Reused { file, .. } => ("reused", file.clone(), None, None),
        Disagreement::Missing { name, .. } => {
            ("missing", format!("{number:03}_{name}"), None, None)
        }
        Disagreement::NotReleased { name, .. } => {
            ("not-released", format!("{number:03}_{name}"), None, None)
        }
        Disagreement::Inserted { file, .. } => ("inserted", file.clone(), None, None),
        Disagreement::ChangedHalfway { file, .. } => ("changed-halfway", file.clone(), None, None),
    };
    wire::Disagreement {
        kind,
        number,
        file,
        cosmetic,
        applied_as,
        moved_to: match disagreement {
            Disagreement::Changed { moved_to, .. } => *moved_to,
            _ => None,
        },
        message,
    }
}

/// What to do about it next: look at how the file came to be what it is, or pin another release.
pub fn next(disagreement: &Disagreement) -> String {
    let file = match disagreement {
        Disagreement::Changed { file, .. }
        | Disagreement::Inserted { file, .. }
        | Disagreement::ChangedHalfway { file, .. } => file.clone(),
        Disagreement::Reused { number, name, .. } | Disagreement::Missing { number, name } => {
            format!("{number:03}_{name}.sql")
        }
        Disagreement::NotReleased { .. } => {
            return "enact pin: a release that has it; what was applied is not taken out of a release".to_owned();
        }
    };
    format!("git log -p -- '*{file}'")
}

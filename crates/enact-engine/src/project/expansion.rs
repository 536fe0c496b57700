//! Files that migrations include with `\i` and `\ir`.

use std::path::Path;

use enact_sql::include::{self, Expanded, IncludeError};

use super::layout::StreamSource;
use super::problem::Problem;
use super::scan;

/// Might the text include a file? Rather yes than no.
pub(super) fn may_include(text: &str) -> bool {
    text.contains("\\i")
}

/// Inlines what a text includes; files outside the repository are refused.
pub(super) fn expand(
    source: &StreamSource,
    path: &Path,
    text: String,
) -> Result<Expanded, Problem> {
    let file = slashed(&source.shown(path));
    let mut remaining = source.max_file_size;
    let mut load = |included: &str| {
        let text = load(source, included)?;
        // Files that include one another many times over would fill the memory.
        let size = text.len() as u64;
        remaining = remaining
            .checked_sub(size)
            .ok_or("what is included is larger than max_file_size")?;
        Ok(text)
    };
    include::expand(text, &file, &mut load).map_err(|error| problem(&error, &file))
}

fn load(source: &StreamSource, included: &str) -> Result<String, String> {
    let path = source.root.join(included);
    let real = |path: &Path| path.canonicalize().map_err(|error| error.to_string());
    if !real(&path)?.starts_with(real(&source.root)?) {
        return Err("a link leads out of the repository".into());
    }
    if !path.is_file() {
        return Err("it is no file".into());
    }
    scan::read_text(source, &path).map_err(|problem| problem.message)
}

fn problem(error: &IncludeError, own: &str) -> Problem {
    let (id, file, line, mend) = match error {
        IncludeError::Unreadable { file, line, .. } => (
            "include-unreadable",
            file,
            *line,
            "correct the path: \\i starts from the repository's root, \\ir from the file",
        ),
        IncludeError::Outside { file, line, .. } => (
            "include-outside",
            file,
            *line,
            "include only files of this repository",
        ),
        IncludeError::Cycle { file, line, .. } => {
            ("include-cycle", file, *line, "break the circle")
        }
        _ => {
            return Problem::of_file(
                "include",
                own,
                error.to_string(),
                "correct the meta-command",
            );
        }
    };
    Problem::of_file(id, file, error.to_string(), mend).at(line, 1)
}

fn slashed(path: &Path) -> String {
    let parts = path
        .components()
        .map(|part| part.as_os_str().to_string_lossy());
    parts.collect::<Vec<_>>().join("/")
}

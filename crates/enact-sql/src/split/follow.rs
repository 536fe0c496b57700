//! What a statement turns out to be, token by token: as much as the border of its piece depends on.

/// The last significant token, as far as the next one's meaning depends on it.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Previous {
    #[default]
    Other,
    Begin,
    /// After `AS` or `.` a keyword is a mere label.
    LabelNext,
    From,
}

/// Follows `CREATE [OR REPLACE] FUNCTION|PROCEDURE … BEGIN ATOMIC … END`.
#[derive(Default)]
pub(super) struct Atomic {
    progress: Progress,
    pub(super) depth: usize,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Progress {
    #[default]
    Start,
    Create,
    Or,
    Replace,
    Routine,
    Never,
}

impl Atomic {
    pub(super) fn word(&mut self, word: &str, previous: Previous) {
        let is = |keyword: &str| word.eq_ignore_ascii_case(keyword);
        self.progress = match self.progress {
            Progress::Start if is("create") => Progress::Create,
            Progress::Create if is("or") => Progress::Or,
            Progress::Or if is("replace") => Progress::Replace,
            Progress::Create | Progress::Replace if is("function") || is("procedure") => {
                Progress::Routine
            }
            Progress::Routine => Progress::Routine,
            _ => Progress::Never,
        };
        if self.progress != Progress::Routine || previous == Previous::LabelNext {
            return;
        }
        if self.depth == 0 {
            self.depth = usize::from(previous == Previous::Begin && is("atomic"));
        } else if is("case") {
            self.depth += 1;
        } else if is("end") {
            self.depth -= 1;
        }
    }
}

/// Follows `COPY … FROM stdin`.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum CopyState {
    #[default]
    Start,
    Target,
    FromStdin,
    Never,
}

impl CopyState {
    pub(super) fn word(&mut self, word: &str, previous: Previous) {
        let is = |keyword: &str| word.eq_ignore_ascii_case(keyword);
        *self = match *self {
            Self::Start if is("copy") => Self::Target,
            // The grammar takes either name for the client's side, whatever the direction.
            Self::Target if previous == Previous::From && (is("stdin") || is("stdout")) => {
                Self::FromStdin
            }
            Self::Start => Self::Never,
            other => other,
        };
    }

    pub(super) fn other(&mut self) {
        if *self == Self::Start {
            *self = Self::Never;
        }
    }
}

/// Bounds the depth of the parse tree: only what stands on one path down can nest, and siblings
/// are separated by commas or closed by parentheses.
#[derive(Default)]
pub(super) struct Nesting {
    levels: Vec<usize>,
    level: usize,
    below: usize,
    pub(super) deepest: usize,
}

impl Nesting {
    pub(super) fn take(&mut self, word: &str) {
        self.level += 1;
        match word {
            "(" | "[" => {
                self.below += self.level;
                self.levels.push(std::mem::take(&mut self.level));
            }
            ")" | "]" => {
                self.level = self.levels.pop().unwrap_or(0);
                self.below -= self.level.min(self.below);
            }
            "," => self.level = 0,
            _ => self.deepest = self.deepest.max(self.below + self.level),
        }
    }
}

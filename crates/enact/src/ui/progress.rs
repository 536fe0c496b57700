//! What happens during a run, shown while it happens: a bar on a terminal, plain lines elsewhere.

use std::time::{Duration, Instant};

use enact_engine::blockers::Blocker;
use enact_engine::events::{Event, Events};
use enact_engine::lock::Holder;
use enact_engine::plan::StepLabel;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Ui;
use super::style::{DIM, GOOD, WARNING, paint, plural, safe, safe_line, span};

/// Column at which the outcome of a step stands.
const OUTCOME: usize = 48;
/// Longest quotation of a query.
const QUERY: usize = 60;
/// Where there is no bar, a long statement in batches says this often how far it is.
const TELL: Duration = Duration::from_secs(10);

/// Shows events and remembers which steps were done.
#[derive(Debug)]
pub struct Reporter<'u> {
    ui: &'u Ui,
    bar: ProgressBar,
    /// Steps that are done and recorded.
    pub done: Vec<StepLabel>,
    /// The step at work.
    step: String,
    /// The step and its place in the run.
    at: String,
    /// When it was last told how far a statement in batches is.
    told: Instant,
}

/// Does `work` while its events are shown. Returns what it returned, and the steps that were done.
pub async fn follow<T>(ui: &Ui, work: impl AsyncFnOnce(Events) -> T) -> (T, Vec<StepLabel>) {
    let (events, mut told) = Events::channel();
    let mut reporter = Reporter::new(ui);
    let mut work = std::pin::pin!(work(events));
    let result = loop {
        tokio::select! {
            biased;
            Some(event) = told.recv() => reporter.show(event),
            result = &mut work => break result,
        }
    };
    while let Ok(event) = told.try_recv() {
        reporter.show(event);
    }
    reporter.bar.finish_and_clear();
    (result, reporter.done)
}

impl<'u> Reporter<'u> {
    fn new(ui: &'u Ui) -> Self {
        let bar = ProgressBar::hidden();
        if ui.terminal && !ui.quiet {
            bar.set_draw_target(ProgressDrawTarget::stderr());
            bar.enable_steady_tick(Duration::from_millis(100));
        }
        bar.set_style(spinner());
        Self {
            ui,
            bar,
            done: Vec::new(),
            step: String::new(),
            at: String::new(),
            told: Instant::now(),
        }
    }

    fn line(&self, text: &str) {
        self.bar.suspend(|| self.ui.say(text));
    }

    /// What is going on at this moment: on the bar, or as a line where there is none. The line comes before the one of
    /// the step, so it names it.
    fn now(&self, text: &str) {
        if self.bar.is_hidden() {
            self.line(&paint(DIM, &format!("    {}: {text}", self.step)));
        } else {
            self.bar.set_message(format!("{} {text}", self.at));
        }
    }

    fn show(&mut self, event: Event) {
        match event {
            Event::WaitingForLock { holder } => self.line(&paint(
                WARNING,
                &format!("waiting for another run to end: {}", held_by(&holder)),
            )),
            Event::Installed => self.line("installed schema enact; this database is enrolled now"),
            Event::EarlierRunClosed { run } => self.line(&format!(
                "an earlier run did not record its end; recorded now: {}",
                safe(&run)
            )),
            Event::RunStarted { run, steps } => self.begin(&run, steps),
            Event::StepStarted { step, position, of } => {
                self.step = plain(&step);
                self.told = Instant::now();
                self.at = format!("{step} ({position}/{of})");
                self.bar.set_message(self.at.clone());
            }
            Event::StepFinished {
                step,
                took,
                statements,
            } => self.finished(step, took, statements),
            Event::Fingerprinting => self.bar.set_message("taking the fingerprint of the schema"),
            Event::Notice { severity, message } => self.notice(&severity, &message),
            Event::Batch {
                walked,
                estimate,
                changed,
                here,
                took,
                ..
            } => self.batch((walked, estimate), changed, (here, took)),
            other => self.detail(&other),
        }
    }

    fn begin(&mut self, run: &str, steps: usize) {
        if !self.bar.is_hidden() {
            self.bar.set_length(steps as u64);
            self.bar.set_style(bar());
        }
        self.line(&format!("run {}: {}", safe(run), plural(steps, "step")));
    }

    fn detail(&self, event: &Event) {
        match event {
            Event::Segment {
                segment, of, what, ..
            } => self.now(&format!("segment {segment} of {of}: {}", safe(what))),
            Event::Inspected { found, .. } => self.line(&format!("    {}", safe(found))),
            Event::Blocked { blockers } => {
                self.now(&format!("waiting for {}", all_blockers(blockers)));
            }
            Event::Held { reason, .. } => self.now(&format!("holding: {}", safe(reason))),
            Event::Retrying {
                tries,
                pause,
                blockers,
                ..
            } => self.now(&format!(
                "a lock was not granted in time ({}); next try in {}{}",
                plural(*tries as usize, "try").replace("trys", "tries"),
                span(*pause),
                behind(blockers)
            )),
            _ => {}
        }
    }

    fn batch(&mut self, (walked, estimate): (u64, u64), changed: u64, now: (u64, Duration)) {
        if self.bar.is_hidden() && self.told.elapsed() < TELL {
            return;
        }
        self.told = Instant::now();
        self.now(&so_far((walked, estimate), changed, now));
    }

    fn finished(&mut self, step: StepLabel, took: Duration, statements: usize) {
        let (sign, outcome) = if step.is_down() {
            ('-', "rolled back")
        } else {
            ('+', "applied")
        };
        let line = format!(
            "  {sign} {} {}  {}  {}",
            dotted(&plain(&step)),
            paint(GOOD, outcome),
            span(took),
            plural(statements, "statement")
        );
        self.line(&line);
        self.bar.inc(1);
        self.done.push(step);
    }

    fn notice(&self, severity: &str, message: &str) {
        let serious = !matches!(severity, "NOTICE" | "INFO" | "LOG" | "DEBUG");
        if serious || self.ui.verbose {
            let text = format!(
                "    {}: {}",
                severity.to_lowercase(),
                safe_line(message, 400)
            );
            self.line(&paint(if serious { WARNING } else { DIM }, &text));
        }
    }
}

/// How far a statement in batches is, how fast, and how long it will take. The end is an estimate.
#[expect(clippy::cast_precision_loss, reason = "shown to people")]
fn so_far((walked, estimate): (u64, u64), changed: u64, (here, took): (u64, Duration)) -> String {
    let rate = here as f64 / took.as_secs_f64().max(1e-3);
    let left = estimate.saturating_sub(walked);
    let left = Duration::try_from_secs_f64(left as f64 / rate.max(1.0)).unwrap_or(Duration::MAX);
    let share = match estimate {
        0 => String::new(),
        rows => format!("{}%, ", (walked.saturating_mul(100) / rows).min(99)),
    };
    let left = match estimate {
        0 => String::new(),
        _ => format!(", about {} left", span(left)),
    };
    format!("{share}{changed} rows changed, {rate:.0} rows/s{left}")
}

/// The migration without the direction: `core:003_add_rls_policies`.
pub fn plain(step: &StepLabel) -> String {
    format!("{}:{:03}_{}", step.stream, step.number, step.name)
}

/// `text` and dots up to the column of outcomes.
pub fn dotted(text: &str) -> String {
    let dots = OUTCOME.saturating_sub(text.chars().count() + 1).max(3);
    format!("{text} {}", ".".repeat(dots))
}

/// Who holds the lock, in one line.
pub fn held_by(holder: &Holder) -> String {
    let who = holder.lease.as_ref().map_or_else(
        || {
            let user = holder.user.as_deref().unwrap_or("unknown");
            format!("database user {}", safe(user))
        },
        |lease| {
            let (person, host) = (safe(&lease.person), safe(&lease.host));
            format!(
                "{person} on {host}, {} since {}",
                safe(&lease.command),
                safe(&lease.since)
            )
        },
    );
    format!("{who} (server process {})", holder.pid)
}

/// One who is in the way, in one line.
pub fn blocker(blocker: &Blocker) -> String {
    if blocker.pid == 0 {
        return "a prepared transaction (see pg_prepared_xacts)".to_owned();
    }
    let mut parts = vec![format!("process {}", blocker.pid)];
    parts.extend(
        blocker
            .user
            .as_deref()
            .map(|user| format!("user {}", safe(user))),
    );
    parts.extend(blocker.application.as_deref().map(safe));
    parts.extend(blocker.state.as_deref().map(safe));
    let age = blocker
        .transaction_seconds
        .and_then(|seconds| u64::try_from(seconds).ok());
    parts.extend(age.map(|seconds| format!("for {}", span(Duration::from_secs(seconds)))));
    parts.retain(|part| !part.is_empty());
    let query = blocker
        .query
        .as_deref()
        .map(|query| safe_line(query, QUERY));
    let query = query.filter(|query| !query.is_empty());
    parts.join(", ") + &query.map_or_else(String::new, |query| format!(": {query}"))
}

fn all_blockers(blockers: &[Blocker]) -> String {
    blockers.iter().map(blocker).collect::<Vec<_>>().join("; ")
}

fn behind(blockers: &[Blocker]) -> String {
    if blockers.is_empty() {
        String::new()
    } else {
        format!(", behind {}", all_blockers(blockers))
    }
}

fn spinner() -> ProgressStyle {
    ProgressStyle::with_template("{spinner} {wide_msg}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
}

fn bar() -> ProgressStyle {
    ProgressStyle::with_template("{spinner} [{bar:20}] {pos}/{len} {elapsed} {wide_msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backfill_tells_share_rate_and_time_left() {
        let told = so_far((500, 2000), 400, (250, Duration::from_secs(5)));
        assert_eq!(told, "25%, 400 rows changed, 50 rows/s, about 30.0 s left");
        let unknown = so_far((500, 0), 400, (500, Duration::from_secs(5)));
        assert_eq!(unknown, "400 rows changed, 100 rows/s");
        let beyond = so_far((5000, 2000), 1, (1, Duration::ZERO));
        assert!(beyond.starts_with("99%"), "{beyond}");
    }
}

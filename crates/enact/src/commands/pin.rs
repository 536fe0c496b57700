//! `enact pin`, `enact outdated`

use enact_engine::exit::Exit;
use enact_engine::project::config::{CoreConfig, CoreVersion};
use enact_engine::project::{Project, core};
use enact_release::{
    Lock, Offer, Package, Range, Severity, SourceError, Version, offers, parse_version, wanted,
    withdrawn,
};

use crate::cli;
use crate::context::Context;
use crate::failure::Failure;
use crate::render::release as render;
use crate::wire;

/// What the repository asks for, and what there is.
struct Asking {
    project: Project,
    core: CoreConfig,
    range: Range,
    /// The range as it was read, and from where.
    from: String,
    offers: Vec<Offer>,
    lock: Option<Lock>,
}

impl Asking {
    /// What enact.lock pins, as the release with its manifest says it: so far as the lock was edited by hand, it does not count.
    fn pinned(&self) -> Option<Lock> {
        let lock = self.lock.as_ref()?;
        let pinned = self
            .offers
            .iter()
            .find(|offer| offer.digest == lock.manifest);
        Some(pinned.map_or_else(|| lock.clone(), Offer::lock))
    }
}

pub fn pin(context: &Context, args: &cli::Pin) -> Result<Exit, Failure> {
    let asking = asking(context)?;
    if args.check {
        return check(context, &asking);
    }
    let before = asking.pinned();
    let chosen = choose(&asking)?;
    if let Some(lock) = &before {
        refuse_other_bytes(lock, chosen)?;
        if !args.allow_downgrade {
            refuse_downgrade(&asking, lock, chosen)?;
        }
    }
    let package = Package::read(&chosen.folder).map_err(|error| {
        Failure::new(Exit::HistoryDisagrees, error.to_string())
            .causes(&error)
            .effect("enact.lock is as it was")
            .next("have the release made or installed again; nobody edits a released file")
    })?;
    let lock = package.lock();
    if let Some(before) = &before {
        refuse_rewritten(before, &lock)?;
    }
    let changed = asking.lock.as_ref() != Some(&lock);
    if changed {
        lock.write(&asking.project.root)
            .map_err(|error| Failure::new(Exit::Unexpected, error.to_string()).causes(&error))?;
    }
    let document = document(&asking, (before.as_ref(), chosen), &lock, changed);
    context.ui.answer(&document, || render::pin(&document))?;
    Ok(Exit::Done)
}

pub fn outdated(context: &Context, args: &cli::Outdated) -> Result<Exit, Failure> {
    let asking = asking(context)?;
    let Some(lock) = &asking.lock else {
        return Err(not_pinned());
    };
    if asking.pinned().as_ref() != Some(lock) {
        return Err(Failure::new(
            Exit::HistoryDisagrees,
            "enact.lock was edited by hand: it is not what the release with its manifest says",
        )
        .next("restore enact.lock from version control, or run `enact pin`"));
    }
    let pinned = parse_version(&lock.version).map_err(|error| Failure::usage(error.to_string()))?;
    let mut newer: Vec<&Offer> = asking
        .offers
        .iter()
        .filter(|offer| offer.version > pinned && offer.yanked.is_none())
        .collect();
    // What travels fast first, and of those the worst not to have; then the newest.
    newer.sort_by_key(|offer| {
        let severity = offer.manifest.hotfix.as_ref().map(|hotfix| hotfix.severity);
        (
            std::cmp::Reverse(severity),
            std::cmp::Reverse(offer.version.clone()),
        )
    });
    let of_pin = asking.offers.iter().find(|offer| offer.version == pinned);
    let dated = of_pin.and_then(|offer| offer.manifest.date.clone());
    let document = wire::Outdated {
        schema: "enact.outdated/1",
        package: lock.package.clone(),
        pinned: lock.version.clone(),
        days: dated.as_deref().and_then(days_since),
        date: dated,
        yanked: of_pin.and_then(|offer| offer.yanked.clone()),
        range: asking.range.to_string(),
        newer: newer
            .iter()
            .map(|offer| wire::NewerRelease {
                version: offer.manifest.version.clone(),
                date: offer.manifest.date.clone(),
                severity: severity(offer).map(Severity::as_str),
                reason: offer
                    .manifest
                    .hotfix
                    .as_ref()
                    .map(|hotfix| hotfix.reason.clone()),
                migrations: offer
                    .manifest
                    .migrations
                    .len()
                    .saturating_sub(lock.migrations.len()),
                in_range: asking.range.allows(&offer.version),
            })
            .collect(),
    };
    context
        .ui
        .answer(&document, || render::outdated(&document))?;
    Ok(match args.exit_code && !document.newer.is_empty() {
        true => Exit::Pending,
        false => Exit::Done,
    })
}

fn asking(context: &Context) -> Result<Asking, Failure> {
    let project = context.project()?;
    let Some(core) = project.config.core.clone() else {
        return Err(
            Failure::usage("enact.toml has no [core]: there is nothing to pin")
                .next("in a sponsor's repository, add [core] with package, version and source"),
        );
    };
    let (range, from) = match &core.version {
        CoreVersion::Range(text) => (Range::npm(text), "enact.toml".to_owned()),
        CoreVersion::From(file) => {
            let read = wanted(&project.root.join(file), &core.package);
            let next = format!("write into {} which releases are wanted", file.display());
            let range = read.map_err(|error| {
                let failure = Failure::usage(error.to_string()).causes(&error);
                failure.effect("enact.lock is as it was").next(next)
            })?;
            (Ok(range), file.display().to_string())
        }
    };
    let range = range.map_err(|error| {
        Failure::usage(format!("{from}: {error}"))
            .effect("enact.lock is as it was")
            .next("correct `version` of [core] in enact.toml")
    })?;
    let Some(source) = &core.source else {
        return Err(Failure::usage("[core] names no source of releases")
            .next("write source = { npm = … }, { path = … }, { archive = … } or { git = … }"));
    };
    let source = core::source(&project.root, source);
    let offers = offers(&project.root, &source).map_err(|error| source_failure(&error))?;
    let lock = Lock::read(&project.root).map_err(|error| {
        Failure::new(Exit::HistoryDisagrees, error.to_string())
            .causes(&error)
            .next("restore enact.lock from version control, or delete it and run `enact pin`")
    })?;
    Ok(Asking {
        project,
        core,
        range,
        from,
        offers,
        lock,
    })
}

/// Why a source does not give releases.
pub(super) fn source_failure(error: &SourceError) -> Failure {
    let exit = match error {
        SourceError::Unreadable { .. } | SourceError::Git { .. } => Exit::Unexpected,
        _ => Exit::HistoryDisagrees,
    };
    let failure = Failure::new(exit, error.to_string())
        .causes(error)
        .effect("nothing was changed");
    match error {
        SourceError::Ambiguous { .. } => {
            failure.next("find out which of the two was released, and remove the other")
        }
        SourceError::Unreadable { .. } => {
            failure.next("install the package, such as with `npm ci`, or correct [core] source")
        }
        _ => failure.next("have the release made or installed again"),
    }
}

fn not_pinned() -> Failure {
    Failure::new(
        Exit::HistoryDisagrees,
        "no release is pinned: there is no enact.lock",
    )
    .next("enact pin")
}

/// The highest release that is asked for and was not withdrawn.
fn choose(asking: &Asking) -> Result<&Offer, Failure> {
    let usable = || asking.offers.iter().filter(|offer| offer.yanked.is_none());
    let of_package = |offer: &&Offer| offer.manifest.package == asking.core.package;
    let versions: Vec<&Version> = usable()
        .filter(of_package)
        .map(|offer| &offer.version)
        .collect();
    let best = asking.range.best(versions.iter().copied());
    let chosen = best.and_then(|best| usable().find(|offer| offer.version == *best));
    chosen.ok_or_else(|| nothing_to_take(asking))
}

fn nothing_to_take(asking: &Asking) -> Failure {
    let of_package = |offer: &&Offer| offer.manifest.package == asking.core.package;
    let mut asked_for = asking.offers.iter().filter(of_package);
    // What is in the range was not taken, so it was withdrawn.
    let withdrawn = asked_for.any(|offer| asking.range.allows(&offer.version));
    let (package, from) = (&asking.core.package, &asking.from);
    let range = format!("{} ({from})", asking.range);
    let (message, next) = match withdrawn {
        true => (
            format!("every release of {package} in {range} was withdrawn"),
            "have the core team release what mends it, or ask for another range",
        ),
        false => (
            format!("no release of {package} is in {range}"),
            "ask for another range, or have the release that it names made or installed",
        ),
    };
    let mut failure = Failure::new(Exit::Refused, message);
    for offer in &asking.offers {
        let version = &offer.manifest.version;
        let text = match &offer.yanked {
            Some(why) => format!("{version}, withdrawn: {why}"),
            None if !of_package(&offer) => format!("{version} of {}", offer.manifest.package),
            None => version.clone(),
        };
        failure.listed.push(("there is", text));
    }
    failure.effect("enact.lock is as it was").next(next)
}

fn refuse_other_bytes(lock: &Lock, chosen: &Offer) -> Result<(), Failure> {
    if chosen.manifest.version != lock.version || chosen.digest == lock.manifest {
        return Ok(());
    }
    Err(Failure::new(
        Exit::HistoryDisagrees,
        format!(
            "the source has another {} than the one that is pinned",
            lock.version
        ),
    )
    .fact("pinned", lock.manifest.to_string())
    .fact("there", chosen.digest.to_string())
    .effect("enact.lock is as it was")
    .next("a release never changes: find out who changed it, before anything is applied"))
}

fn refuse_downgrade(asking: &Asking, lock: &Lock, chosen: &Offer) -> Result<(), Failure> {
    let before = parse_version(&lock.version).map_err(|error| Failure::usage(error.to_string()))?;
    if chosen.version >= before {
        return Ok(());
    }
    let mut failure = Failure::new(
        Exit::Refused,
        format!(
            "{} is lower than {}, which is pinned",
            chosen.manifest.version, lock.version
        ),
    );
    // Then the lower one was not asked for: it is what is left.
    let pinned = asking.offers.iter().find(|offer| offer.version == before);
    if let Some(why) = pinned.and_then(|offer| offer.yanked.as_ref()) {
        failure = failure.fact("withdrawn", why);
    }
    Err(failure
        .effect("enact.lock is as it was")
        .next("enact pin --allow-downgrade, if no database has what the higher one brought"))
}

/// A later release holds what an earlier one held.
fn refuse_rewritten(before: &Lock, now: &Lock) -> Result<(), Failure> {
    let lower = parse_version(&now.version).ok() < parse_version(&before.version).ok();
    let rewritten = before.migrations.iter().enumerate().filter(|(at, one)| {
        // A downgrade that was asked for brings fewer migrations, and no others.
        let other = now.migrations.get(*at);
        other.map_or(!lower, |other| other != *one)
    });
    let rewritten: Vec<String> = rewritten
        .map(|(_, one)| format!("{:03}_{}", one.number, one.name))
        .collect();
    if rewritten.is_empty() {
        return Ok(());
    }
    let mut failure = Failure::new(
        Exit::HistoryDisagrees,
        format!(
            "{} does not hold the migrations of {} under the same numbers",
            now.version, before.version
        ),
    );
    failure
        .listed
        .extend(rewritten.into_iter().map(|text| ("other or gone", text)));
    Err(failure
        .effect("enact.lock is as it was")
        .next("tell the core team: what was released does not change"))
}

/// Says of a pinned release that it was withdrawn, where that is known. What cannot be read is for others to tell.
pub(super) fn warn_of_withdrawal(context: &Context, project: &Project) {
    let source = project.config.core.as_ref();
    let source = source.and_then(|core| core.source.as_ref());
    let (Some(source), Ok(Some(lock))) = (source, Lock::read(&project.root)) else {
        return;
    };
    let source = core::source(&project.root, source);
    if let Some(why) = withdrawn(&project.root, &source, &lock) {
        say_withdrawn(context, &lock, &why);
    }
}

fn say_withdrawn(context: &Context, lock: &Lock, why: &str) {
    let warning = format!("{} was withdrawn: {why}", lock.version);
    context.ui.warn(&warning);
}

fn check(context: &Context, asking: &Asking) -> Result<Exit, Failure> {
    let Some(lock) = &asking.lock else {
        return Err(not_pinned());
    };
    let version =
        parse_version(&lock.version).map_err(|error| Failure::usage(error.to_string()))?;
    if !asking.range.allows(&version) {
        return Err(Failure::new(
            Exit::HistoryDisagrees,
            format!(
                "{} is pinned, and {} asks for {}",
                lock.version, asking.from, asking.range
            ),
        )
        .next("enact pin"));
    }
    core::pinned(&asking.project)?;
    let offer = asking.offers.iter().find(|offer| offer.version == version);
    if let Some(why) = offer.and_then(|offer| offer.yanked.as_ref()) {
        say_withdrawn(context, lock, why);
    }
    let document = wire::Pin {
        schema: "enact.pin/1",
        package: lock.package.clone(),
        version: lock.version.clone(),
        before: None,
        range: asking.range.to_string(),
        range_from: asking.from.clone(),
        manifest: lock.manifest.to_string(),
        severity: None,
        reason: None,
        gained: Vec::new(),
        changed: false,
    };
    context.ui.answer(&document, || render::pin(&document))?;
    Ok(Exit::Done)
}

fn document(
    asking: &Asking,
    (before, chosen): (Option<&Lock>, &Offer),
    lock: &Lock,
    changed: bool,
) -> wire::Pin {
    let known = before.map_or(0, |before| before.migrations.len());
    wire::Pin {
        schema: "enact.pin/1",
        package: lock.package.clone(),
        version: lock.version.clone(),
        before: before
            .map(|before| before.version.clone())
            .filter(|before| *before != lock.version),
        range: asking.range.to_string(),
        range_from: asking.from.clone(),
        manifest: lock.manifest.to_string(),
        severity: severity(chosen).map(Severity::as_str),
        reason: chosen
            .manifest
            .hotfix
            .as_ref()
            .map(|hotfix| hotfix.reason.clone()),
        gained: lock
            .migrations
            .iter()
            .skip(known)
            .map(|migration| format!("{:03}_{}", migration.number, migration.name))
            .collect(),
        changed,
    }
}

fn severity(offer: &Offer) -> Option<Severity> {
    offer.manifest.hotfix.as_ref().map(|hotfix| hotfix.severity)
}

/// Days from a date to today, in UTC.
fn days_since(date: &str) -> Option<i64> {
    let date: jiff::civil::Date = date.parse().ok()?;
    let today = jiff::Timestamp::now()
        .to_zoned(jiff::tz::TimeZone::UTC)
        .date();
    let span = today.since((jiff::Unit::Day, date)).ok()?;
    Some(span.get_days().into())
}

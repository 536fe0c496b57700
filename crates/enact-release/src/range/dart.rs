//! Version constraints as Dart's package manager reads them.
//!
//! Source: the documentation of pub ("Package dependencies", "Version constraints") and the behaviour of `pub_semver`.
//! What differs from npm: a caret below 1.0.0 always allows the next patch (`^0.0.3` is below 0.1.0); there are no
//! `||`, no `~`, no `1.x` and no hyphens; a pre-release is in any range that surrounds it, except just below an upper
//! bound that is none; build metadata counts in the order.

use std::cmp::Ordering;

use nodejs_semver::{Identifier, Version};

use super::parse_version;

/// The versions between two bounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constraint {
    least: Option<Bound>,
    most: Option<Bound>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Bound {
    version: Version,
    included: bool,
}

impl Constraint {
    /// Reads a constraint; `None` if pub would refuse it.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let mut all = Self {
            least: None,
            most: None,
        };
        if text == "any" {
            return Some(all);
        }
        if let Some(version) = text.strip_prefix('^') {
            return Self::caret(parse_version(version.trim()).ok()?);
        }
        let mut rest = text;
        while !rest.is_empty() {
            let (one, behind) = Self::one(rest)?;
            all = all.and(one);
            rest = behind.trim_start();
        }
        (!text.is_empty() && all.is_possible()).then(|| all.without_pre_releases_of_its_end())
    }

    fn caret(version: Version) -> Option<Self> {
        let next = match version.major() {
            0 => Version::parse(format!("0.{}.0", version.minor() + 1)).ok()?,
            major => Version::parse(format!("{}.0.0", major + 1)).ok()?,
        };
        let all = Self {
            least: Some(Bound {
                version,
                included: true,
            }),
            most: Some(Bound {
                version: next,
                included: false,
            }),
        };
        Some(all.without_pre_releases_of_its_end())
    }

    /// The comparison at the beginning of a text, and what is behind it.
    fn one(text: &str) -> Option<(Self, &str)> {
        let (operator, rest) = ["<=", ">=", "<", ">"]
            .iter()
            .find_map(|operator| Some((*operator, text.strip_prefix(operator)?)))
            .unwrap_or(("", text));
        let rest = rest.trim_start();
        let end = rest.find(|c: char| c.is_whitespace() || "<>^".contains(c));
        let (version, behind) = rest.split_at(end.unwrap_or(rest.len()));
        let version = parse_version(version).ok()?;
        let bound = |included| {
            Some(Bound {
                version: version.clone(),
                included,
            })
        };
        let (least, most) = match operator {
            "<=" => (None, bound(true)),
            "<" => (None, bound(false)),
            ">=" => (bound(true), None),
            ">" => (bound(false), None),
            _ => (bound(true), bound(true)),
        };
        Some((Self { least, most }, behind))
    }

    fn and(self, other: Self) -> Self {
        Self {
            least: tighter(self.least, other.least, Ordering::Greater),
            most: tighter(self.most, other.most, Ordering::Less),
        }
    }

    /// pub refuses a constraint that nothing can fulfil.
    fn is_possible(&self) -> bool {
        let (Some(least), Some(most)) = (&self.least, &self.most) else {
            return true;
        };
        match compare(&least.version, &most.version) {
            Ordering::Less => true,
            Ordering::Equal => least.included && most.included,
            Ordering::Greater => false,
        }
    }

    /// `<2.0.0` leaves out `2.0.0-dev`, unless the other end is a pre-release of 2.0.0 too.
    fn without_pre_releases_of_its_end(mut self) -> Self {
        let least = self.least.as_ref().map(|bound| bound.version.clone());
        if let Some(most) = &mut self.most {
            let plain = !most.version.is_prerelease() && most.version.build().is_empty();
            let same = least.is_some_and(|least| {
                least.is_prerelease() && numbers(&least) == numbers(&most.version)
            });
            if !most.included && plain && !same {
                let (major, minor, patch) = numbers(&most.version);
                let first = Version::parse(format!("{major}.{minor}.{patch}-0"));
                most.version = first.unwrap_or_else(|_| most.version.clone());
            }
        }
        self
    }

    /// Whether the version is in it.
    pub fn allows(&self, version: &Version) -> bool {
        let fits = |bound: &Option<Bound>, outside| {
            bound.as_ref().is_none_or(|bound| {
                let order = compare(version, &bound.version);
                order != outside && (bound.included || order != Ordering::Equal)
            })
        };
        fits(&self.least, Ordering::Less) && fits(&self.most, Ordering::Greater)
    }
}

/// The bound that leaves out more.
fn tighter(one: Option<Bound>, other: Option<Bound>, wins: Ordering) -> Option<Bound> {
    match (one, other) {
        (Some(one), Some(other)) => {
            let order = compare(&one.version, &other.version);
            let first = order == wins || (order == Ordering::Equal && !one.included);
            Some(if first { one } else { other })
        }
        (one, other) => one.or(other),
    }
}

fn numbers(version: &Version) -> (u64, u64, u64) {
    (version.major(), version.minor(), version.patch())
}

/// The order of versions, build metadata included, which Semantic Versioning leaves out and pub counts.
pub fn compare(a: &Version, b: &Version) -> Ordering {
    numbers(a)
        .cmp(&numbers(b))
        .then_with(|| pre_release(a.pre_release(), b.pre_release()))
        .then_with(|| identifiers(a.build(), b.build()))
}

/// A version without a pre-release comes after all of its pre-releases.
fn pre_release(a: &[Identifier], b: &[Identifier]) -> Ordering {
    match (a.is_empty(), b.is_empty()) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => identifiers(a, b),
    }
}

fn identifiers(a: &[Identifier], b: &[Identifier]) -> Ordering {
    let one = |pair: (&Identifier, &Identifier)| match pair {
        (Identifier::Numeric(a), Identifier::Numeric(b)) => a.cmp(b),
        (Identifier::Numeric(_), Identifier::AlphaNumeric(_)) => Ordering::Less,
        (Identifier::AlphaNumeric(_), Identifier::Numeric(_)) => Ordering::Greater,
        (Identifier::AlphaNumeric(a), Identifier::AlphaNumeric(b)) => a.cmp(b),
    };
    let different = a.iter().zip(b).map(one).find(|order| order.is_ne());
    different.unwrap_or_else(|| a.len().cmp(&b.len()))
}

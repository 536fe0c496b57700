//! Finding out what was done to a ledger that does not verify. Runs once, after the first row that does not fit.

use std::collections::HashMap;

use super::Failure;
use super::FailureKind;
use super::Flaw;
use crate::entry::Summary;
use crate::hash::Hash;

/// How many numbers a failure lists at most.
const MAX_LISTED: usize = 1000;

/// What was found of a row.
#[derive(Debug, Clone)]
pub(super) struct Finding {
    pub(super) row_seq: u64,
    pub(super) hash: Hash,
    pub(super) inspected: Result<Summary, Flaw>,
}

/// A sound row. The number in its body is hashed, so it tells where the row belongs; the column only where it stands.
#[derive(Debug, Clone, Copy)]
struct Link {
    row_seq: u64,
    seq: u64,
    prev: Hash,
    hash: Hash,
}

/// Names what is wrong with rows of which the first, `whole`, fit, and the others are `findings`.
pub(super) fn diagnose(whole: &[Hash], findings: &[Finding]) -> Failure {
    let links = match links(whole, findings) {
        Ok(links) => links,
        Err(failure) => return failure,
    };
    let mut sorted = links.clone();
    sorted.sort_by_key(|link| link.seq);
    duplicate(&links)
        .or_else(|| fork(&links))
        .or_else(|| misnumbered(&links))
        .or_else(|| inserted(&sorted))
        .or_else(|| missing(&sorted))
        .or_else(|| unlinked(&sorted))
        .or_else(|| misplaced(&links))
        .unwrap_or_else(|| {
            altered(
                vec![1],
                "entry 1: is not `target.enrolled`, with which every ledger begins".into(),
            )
        })
}

fn altered(seqs: Vec<u64>, message: String) -> Failure {
    Failure::new(FailureKind::Altered, seqs, message)
}

fn reordered(seqs: Vec<u64>, message: String) -> Failure {
    Failure::new(FailureKind::Reordered, seqs, message)
}

/// All rows as links; or the first flaw, an alteration before a format that is not supported.
fn links(whole: &[Hash], findings: &[Finding]) -> Result<Vec<Link>, Failure> {
    let flaws = || {
        findings.iter().filter_map(|finding| {
            finding
                .inspected
                .as_ref()
                .err()
                .map(|flaw| (finding.row_seq, flaw))
        })
    };
    let first = flaws()
        .find(|(_, flaw)| flaw.kind == FailureKind::Altered)
        .or_else(|| flaws().next());
    if let Some((seq, flaw)) = first {
        return Err(Failure::new(
            flaw.kind,
            vec![seq],
            format!("entry {seq}: {}", flaw.message),
        ));
    }
    let mut prev = Hash::ZERO;
    let mut links = Vec::with_capacity(whole.len() + findings.len());
    for (seq, hash) in (1..).zip(whole) {
        links.push(Link {
            row_seq: seq,
            seq,
            prev,
            hash: *hash,
        });
        prev = *hash;
    }
    let sound = |finding: &Finding| {
        let summary = finding.inspected.as_ref().ok()?;
        Some(Link {
            row_seq: finding.row_seq,
            seq: summary.seq,
            prev: summary.prev,
            hash: finding.hash,
        })
    };
    links.extend(findings.iter().filter_map(sound));
    Ok(links)
}

/// The first two links that agree in `key`, in order of rows.
fn pair_by(links: &[Link], key: impl Fn(&Link) -> Hash) -> Option<(Link, Link)> {
    let mut seen: HashMap<Hash, Link> = HashMap::with_capacity(links.len());
    links
        .iter()
        .find_map(|link| seen.insert(key(link), *link).map(|before| (before, *link)))
}

fn duplicate(links: &[Link]) -> Option<Failure> {
    let (link, _) = pair_by(links, |link| link.hash)?;
    Some(reordered(
        vec![link.seq],
        format!("entry {} stands there twice", link.seq),
    ))
}

fn fork(links: &[Link]) -> Option<Failure> {
    let (one, other) = pair_by(links, |link| link.prev)?;
    let message = format!(
        "two entries follow the same one: {} {} and {} {}",
        one.seq, one.hash, other.seq, other.hash
    );
    Some(Failure::new(
        FailureKind::Forked,
        vec![one.seq, other.seq],
        message,
    ))
}

/// An entry that follows another one, but not with the next number.
fn misnumbered(links: &[Link]) -> Option<Failure> {
    let mut numbers: HashMap<Hash, u64> = links.iter().map(|link| (link.hash, link.seq)).collect();
    numbers.insert(Hash::ZERO, 0);
    let next = |link: &Link| numbers.get(&link.prev).map_or(link.seq, |seq| seq + 1);
    let link = links.iter().find(|link| next(link) != link.seq)?;
    let message = format!(
        "entry {} has number {}, but follows entry {}",
        link.row_seq,
        link.seq,
        next(link) - 1
    );
    Some(altered(vec![link.row_seq], message))
}

fn inserted(sorted: &[Link]) -> Option<Failure> {
    let taken = sorted.windows(2).find(|pair| pair[0].seq == pair[1].seq)?;
    let seq = taken[0].seq;
    Some(reordered(
        vec![seq],
        format!("two different entries have number {seq}: one was inserted"),
    ))
}

fn missing(sorted: &[Link]) -> Option<Failure> {
    if sorted.first().is_some_and(|link| link.seq == 0) {
        return Some(altered(vec![0], "entry 0: numbers begin with 1".into()));
    }
    let mut next = 1;
    let mut gaps = Vec::new();
    for link in sorted {
        if link.seq > next {
            gaps.push((next, link.seq - 1));
        }
        next = link.seq + 1;
    }
    (!gaps.is_empty()).then(|| describe_gaps(&gaps))
}

fn describe_gaps(gaps: &[(u64, u64)]) -> Failure {
    let seqs = gaps
        .iter()
        .flat_map(|(from, to)| *from..=*to)
        .take(MAX_LISTED)
        .collect();
    let name = |(from, to): &(u64, u64)| {
        if from == to {
            from.to_string()
        } else {
            format!("{from} to {to}")
        }
    };
    let mut names: Vec<String> = gaps.iter().take(10).map(name).collect();
    if gaps.len() > names.len() {
        names.push(format!("and {} more gaps", gaps.len() - names.len()));
    }
    Failure::new(
        FailureKind::Missing,
        seqs,
        format!("not there: {}", names.join(", ")),
    )
}

fn unlinked(sorted: &[Link]) -> Option<Failure> {
    let first = sorted.first()?;
    if first.prev != Hash::ZERO {
        return Some(altered(
            vec![first.seq],
            format!(
                "entry {} is the first, but names an entry before it",
                first.seq
            ),
        ));
    }
    let pair = sorted
        .windows(2)
        .find(|pair| pair[1].prev != pair[0].hash)?;
    let (one, next) = (pair[0].seq, pair[1].seq);
    Some(altered(
        vec![one, next],
        format!("entry {next} was written after another entry {one} than the one that is there"),
    ))
}

/// Rows that are all there and link, but stand elsewhere, or whose number column is not their number.
fn misplaced(links: &[Link]) -> Option<Failure> {
    let moved: Vec<u64> = (1..)
        .zip(links)
        .filter(|(place, link)| *place != link.seq)
        .map(|(_, link)| link.seq)
        .collect();
    if let Some(seq) = moved.first() {
        let message = format!(
            "{} entries do not stand where they belong, the first is {seq}",
            moved.len()
        );
        return Some(reordered(
            moved.into_iter().take(MAX_LISTED).collect(),
            message,
        ));
    }
    let renumbered = links.iter().find(|link| link.row_seq != link.seq)?;
    Some(altered(
        vec![renumbered.seq],
        format!(
            "entry {}: is stored under number {}",
            renumbered.seq, renumbered.row_seq
        ),
    ))
}

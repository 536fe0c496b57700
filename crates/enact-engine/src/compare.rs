//! Whether databases at the same core version have the same core, and in which objects they differ.
//!
//! What is compared is one [`Database`] with another, read live or from a receipt. Only databases of one PostgreSQL major whose
//! core stands at the same migrations, by digest, can be compared: they form a [`Group`]. Within a group, [`Compared`] says
//! which of their objects were looked at.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use enact_ledger::{FileDigest, Hash, Identity};
use enact_release::Leave;

use crate::catalog::ObjectId;
use crate::ownership::CoreObjects;

mod read;
mod release;

pub use read::{Unread, of_receipt, read};

/// The name of the core's stream.
pub const CORE: &str = "core";

/// A database, as far as it is compared.
#[derive(Debug, Clone)]
pub struct Database {
    /// How the person who asks names it.
    pub name: String,
    /// Where it was read: address without password, or the receipt's file.
    pub source: String,
    /// Its identity; `None` before the first run.
    pub identity: Option<Identity>,
    /// The server's major version.
    pub server_major: u32,
    /// Version of the objects' canonical texts.
    pub format: u32,
    /// Where its core stands; `None` where its ledger knows no core.
    pub core: Option<Position>,
    /// Other streams that have something in force.
    pub extensions: Vec<String>,
    /// Its objects, owners left out.
    pub objects: BTreeMap<ObjectId, Held>,
}

/// Where a core stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The highest number in force.
    pub number: u32,
    /// Digest of all numbers in force with the digests of their files, and of what is half done.
    pub digest: Hash,
    /// The number of a migration that is half done.
    pub half_done: Option<u32>,
}

/// One object of one database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// SHA-256 of its canonical text.
    pub digest: Hash,
    /// The table that an index or statistics is on.
    pub on: Option<String>,
    /// Its text; a receipt has none.
    pub text: Option<Arc<str>>,
}

/// What a release says its core looks like.
#[derive(Debug, Clone)]
pub struct Release {
    /// Package and version.
    pub name: String,
    /// What extensions may do to its objects.
    pub leave: Leave,
    /// The objects, for each major and position that is known.
    pub parts: Vec<ReleasePart>,
}

/// The core of a release after one migration, on one major.
#[derive(Debug, Clone)]
pub struct ReleasePart {
    /// The server's major version.
    pub server_major: u32,
    /// Where a core stands that is this far.
    pub position: Position,
    /// Its objects and their digests.
    pub objects: BTreeMap<ObjectId, Hash>,
}

/// Databases, in groups of those that can be compared with one another.
#[derive(Debug)]
pub struct Comparison {
    /// The groups, the furthest first.
    pub groups: Vec<Group>,
}

/// Databases that must have the same core.
#[derive(Debug)]
pub struct Group {
    /// Where their core stands.
    pub core: Option<Position>,
    /// Their server's major version.
    pub server_major: u32,
    /// The databases, as places in the list that was given.
    pub members: Vec<usize>,
    /// Which objects were compared, with what.
    pub compared: Compared,
    /// How many objects that were, over all members.
    pub objects: usize,
    /// The objects in which they differ.
    pub differences: Vec<Difference>,
}

/// Which objects were compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compared {
    /// The core's part, with what the release says of it.
    Release,
    /// The whole schema: no member has an extension.
    Whole,
    /// What more than half of the members have, and what hangs on that: members have extensions, and no release says which
    /// objects are the core's.
    Common,
    /// Nothing: there is one member, or no core.
    Nothing,
}

/// An object in which members of a group differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Which.
    pub object: ObjectId,
    /// What it should be, if that can be told.
    pub expected: Option<Expected>,
    /// What else was found, by the number of members that have it so.
    pub others: Vec<Variant>,
}

/// What an object should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// What says so.
    pub by: Authority,
    /// The object, and who has it so.
    pub variant: Variant,
}

/// What says how an object should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authority {
    /// The release.
    Release,
    /// More than half of at least three members.
    Majority,
}

/// One form of an object, and who has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// Its digest; `None` where it is not there.
    pub digest: Option<Hash>,
    /// Its text, where one is at hand.
    pub text: Option<Arc<str>>,
    /// The members that have it so, as places in the list that was given.
    pub members: Vec<usize>,
}

impl Comparison {
    /// Whether any database differs from another that it should be like, or from the release.
    #[must_use]
    pub fn differs(&self) -> bool {
        self.groups
            .iter()
            .any(|group| !group.differences.is_empty())
    }

    /// The databases that are not as they should be; none where two differ and nothing says which is right.
    #[must_use]
    pub fn odd(&self) -> BTreeSet<usize> {
        let differences = self.groups.iter().flat_map(|group| &group.differences);
        let decided = differences.filter(|difference| difference.expected.is_some());
        let others = decided.flat_map(|difference| &difference.others);
        others
            .flat_map(|variant| variant.members.iter().copied())
            .collect()
    }
}

impl Position {
    /// The position of a core with these migrations in force, of which one may be half done.
    pub fn new(
        in_force: impl IntoIterator<Item = (u32, FileDigest)>,
        half_done: Option<(u32, String)>,
    ) -> Self {
        let mut text = String::new();
        let mut last = 0;
        for (number, digest) in in_force {
            last = number;
            text += &format!("{number} {digest}\n");
        }
        if let Some((number, what)) = &half_done {
            text += &format!("half done: {number} {what}\n");
        }
        Self {
            number: last,
            digest: Hash::of(text.as_bytes()),
            half_done: half_done.map(|(number, _)| number),
        }
    }
}

/// Compares databases with one another, and with a release where one is at hand.
#[must_use]
pub fn compare(databases: &[Database], release: Option<&Release>) -> Comparison {
    let mut members: BTreeMap<(Option<&Position>, u32, u32), Vec<usize>> = BTreeMap::new();
    for (at, database) in databases.iter().enumerate() {
        let key = (
            database.core.as_ref(),
            database.server_major,
            database.format,
        );
        members.entry(key).or_default().push(at);
    }
    let groups = members.into_iter().rev();
    let groups = groups.map(|((core, server_major, _), members)| {
        let part = release
            .zip(core)
            .and_then(|(release, core)| Some((release, release.part(server_major, core)?)));
        group(databases, core, server_major, members, part)
    });
    Comparison {
        groups: groups.collect(),
    }
}

impl Release {
    fn part(&self, server_major: u32, position: &Position) -> Option<&ReleasePart> {
        let mut parts = self.parts.iter();
        parts.find(|part| part.server_major == server_major && part.position == *position)
    }
}

fn group(
    databases: &[Database],
    core: Option<&Position>,
    server_major: u32,
    members: Vec<usize>,
    part: Option<(&Release, &ReleasePart)>,
) -> Group {
    let held: Vec<(usize, &Database)> = members
        .iter()
        .filter_map(|at| Some((*at, databases.get(*at)?)))
        .collect();
    let extended = held.iter().any(|(_, one)| !one.extensions.is_empty());
    let (compared, filter) = match part {
        Some((release, part)) => {
            let ids = part.objects.keys().cloned();
            let core = CoreObjects::new(ids, release.leave.clone());
            (Compared::Release, Some(core))
        }
        None if core.is_none() || held.len() < 2 => (Compared::Nothing, None),
        None if extended => (
            Compared::Common,
            Some(CoreObjects::new(common(&held), Leave::default())),
        ),
        None => (Compared::Whole, None),
    };
    let ids = match compared {
        Compared::Nothing => BTreeSet::new(),
        _ => covered(&held, filter.as_ref(), part.map(|(_, part)| part)),
    };
    let wanted = part.map(|(_, part)| &part.objects);
    let differences = ids.iter().filter_map(|id| difference(id, &held, wanted));
    Group {
        differences: differences.collect(),
        objects: ids.len(),
        core: core.cloned(),
        server_major,
        compared,
        members,
    }
}

/// What more than half of the members have, by identity.
fn common(held: &[(usize, &Database)]) -> Vec<ObjectId> {
    let mut counts: HashMap<&ObjectId, usize> = HashMap::new();
    for (_, database) in held {
        for id in database.objects.keys() {
            *counts.entry(id).or_default() += 1;
        }
    }
    let common = counts.into_iter().filter(|(_, n)| n * 2 > held.len());
    common.map(|(id, _)| id.clone()).collect()
}

/// The objects to look at: those that any member has, or should have, and the filter takes for the core's.
fn covered<'a>(
    held: &[(usize, &'a Database)],
    filter: Option<&CoreObjects>,
    part: Option<&'a ReleasePart>,
) -> BTreeSet<&'a ObjectId> {
    let wanted = part.into_iter().flat_map(|part| part.objects.keys());
    let found = held.iter().flat_map(|(_, database)| &database.objects);
    let found = found
        .filter(|(id, held)| filter.is_none_or(|filter| filter.covers(id, held.on.as_deref())));
    found.map(|(id, _)| id).chain(wanted).collect()
}

fn difference(
    object: &ObjectId,
    held: &[(usize, &Database)],
    wanted: Option<&BTreeMap<ObjectId, Hash>>,
) -> Option<Difference> {
    let mut variants: Vec<Variant> = Vec::new();
    for (at, database) in held {
        let found = database.objects.get(object);
        let digest = found.map(|held| held.digest);
        let text = found.and_then(|held| held.text.clone());
        match variants.iter_mut().find(|known| known.digest == digest) {
            Some(known) => {
                known.members.push(*at);
                known.text = known.text.take().or(text);
            }
            None => variants.push(Variant {
                digest,
                text,
                members: vec![*at],
            }),
        }
    }
    // Of as many, the one that was named first.
    variants.sort_by_key(|variant| (usize::MAX - variant.members.len(), variant.members.clone()));
    let expected = match wanted {
        Some(wanted) => Some(released(wanted.get(object).copied(), &mut variants)),
        None => majority(held.len(), &mut variants),
    };
    let same = variants.is_empty() || (variants.len() == 1 && expected.is_none());
    (!same).then(|| Difference {
        object: object.clone(),
        expected,
        others: variants,
    })
}

/// Takes the variant that the release has, also where no member has it.
fn released(digest: Option<Hash>, variants: &mut Vec<Variant>) -> Expected {
    let found = variants.iter().position(|known| known.digest == digest);
    let variant = found.map(|at| variants.remove(at));
    Expected {
        by: Authority::Release,
        variant: variant.unwrap_or(Variant {
            digest,
            text: None,
            members: Vec::new(),
        }),
    }
}

/// Takes the first variant if more than half of at least three members have it.
fn majority(members: usize, variants: &mut Vec<Variant>) -> Option<Expected> {
    let first = variants.first()?;
    let decided = members > 2 && first.members.len() * 2 > members;
    decided.then(|| Expected {
        by: Authority::Majority,
        variant: variants.remove(0),
    })
}

#[cfg(test)]
mod tests;

//! The canonical description of a schema and its digests.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::object::ObjectId;

/// The version of the canonical texts. It is part of every fingerprint: a fingerprint of another
/// format never equals one of this format.
pub const FORMAT: u32 = 1;

/// The canonical description of a schema: one text per object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The server's major version. Texts of different majors are not comparable.
    pub server_major: u32,
    /// The text of each object, built to be read and compared.
    pub objects: BTreeMap<ObjectId, String>,
    /// The columns of each table in physical order, by the table's quoted, qualified name. Kept
    /// apart because it is no part of a schema's meaning.
    pub column_order: BTreeMap<String, Vec<String>>,
}

impl Snapshot {
    /// SHA-256 of all objects with the format and the server's major version; without column order.
    pub fn fingerprint(&self) -> [u8; 32] {
        let mut hash = Hash::new(b"enact.snapshot", self.server_major);
        hash.number(self.objects.len() as u64);
        for (object, text) in &self.objects {
            hash.object(object, text);
        }
        hash.finish()
    }

    /// SHA-256 of the physical order of all tables' columns.
    pub fn column_order_digest(&self) -> [u8; 32] {
        let mut hash = Hash::new(b"enact.column_order", self.server_major);
        hash.number(self.column_order.len() as u64);
        for (table, columns) in &self.column_order {
            hash.text(table);
            hash.number(columns.len() as u64);
            columns.iter().for_each(|column| hash.text(column));
        }
        hash.finish()
    }

    /// SHA-256 of one object with its identity; `None` if the snapshot has no such object.
    pub fn digest_of(&self, object: &ObjectId) -> Option<[u8; 32]> {
        let text = self.objects.get(object)?;
        let mut hash = Hash::new(b"enact.object", self.server_major);
        hash.object(object, text);
        Some(hash.finish())
    }
}

/// SHA-256 over fields that each carry their length, so that no two inputs run together alike.
struct Hash(Sha256);

impl Hash {
    fn new(domain: &[u8], server_major: u32) -> Self {
        let mut hash = Self(Sha256::new());
        hash.bytes(domain);
        hash.number(FORMAT.into());
        hash.number(server_major.into());
        hash
    }

    fn number(&mut self, number: u64) {
        self.0.update(number.to_be_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.update(bytes);
    }

    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn object(&mut self, object: &ObjectId, text: &str) {
        self.text(&object.kind);
        self.text(&object.name);
        self.text(text);
    }

    fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(objects: &[(&str, &str, &str)]) -> Snapshot {
        Snapshot {
            server_major: 15,
            objects: objects
                .iter()
                .map(|(kind, name, text)| (ObjectId::new(*kind, *name), (*text).to_owned()))
                .collect(),
            column_order: BTreeMap::new(),
        }
    }

    #[test]
    fn fields_do_not_run_together() {
        let one = snapshot(&[("a", "bc", "d")]);
        for other in [
            snapshot(&[("ab", "c", "d")]),
            snapshot(&[("a", "b", "cd")]),
            snapshot(&[("a", "bc", ""), ("d", "", "")]),
            snapshot(&[]),
        ] {
            assert_ne!(one.fingerprint(), other.fingerprint());
        }
    }

    #[test]
    fn version_is_part_of_the_fingerprint_and_column_order_is_not() {
        let one = snapshot(&[("table", "t", "table")]);
        let newer = Snapshot {
            server_major: 16,
            ..one.clone()
        };
        assert_ne!(one.fingerprint(), newer.fingerprint());

        let mut turned = one.clone();
        turned
            .column_order
            .insert("t".to_owned(), vec!["b".to_owned(), "a".to_owned()]);
        assert_eq!(one.fingerprint(), turned.fingerprint());
        assert_ne!(one.column_order_digest(), turned.column_order_digest());
    }

    #[test]
    fn an_object_has_a_digest_of_its_own() {
        let one = snapshot(&[("table", "t", "table"), ("view", "v", "select")]);
        let same = snapshot(&[("table", "t", "table"), ("view", "v", "select 1")]);
        let table = ObjectId::new("table", "t");
        let view = ObjectId::new("view", "v");
        assert_eq!(one.digest_of(&table), same.digest_of(&table));
        assert_ne!(one.digest_of(&view), same.digest_of(&view));
        assert_eq!(one.digest_of(&ObjectId::new("table", "no")), None);
    }
}

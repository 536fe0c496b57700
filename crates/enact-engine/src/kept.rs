//! A snapshot as text, kept beside the ledger so that drift can be shown with before and after.

use crate::catalog::{ObjectId, Snapshot};

const MAGIC: &str = "enact-snapshot 1";

/// Every string with its length before it, so that no content can be taken for structure.
#[must_use]
pub fn encode(snapshot: &Snapshot) -> String {
    let mut text = String::new();
    put(&mut text, MAGIC);
    put(&mut text, &snapshot.server_major.to_string());
    put(&mut text, &snapshot.objects.len().to_string());
    for (object, body) in &snapshot.objects {
        put(&mut text, &object.kind);
        put(&mut text, &object.name);
        put(&mut text, body);
    }
    for (table, columns) in &snapshot.column_order {
        put(&mut text, table);
        put(&mut text, &columns.len().to_string());
        columns.iter().for_each(|column| put(&mut text, column));
    }
    text
}

/// Reads what [`encode`] wrote; `None` for anything else.
#[must_use]
pub fn decode(mut text: &str) -> Option<Snapshot> {
    let text = &mut text;
    if get(text)? != MAGIC {
        return None;
    }
    let mut snapshot = Snapshot {
        server_major: get(text)?.parse().ok()?,
        ..Snapshot::default()
    };
    for _ in 0..get(text)?.parse::<usize>().ok()? {
        let object = ObjectId::new(get(text)?, get(text)?);
        snapshot.objects.insert(object, get(text)?.to_owned());
    }
    while !text.is_empty() {
        let table = get(text)?.to_owned();
        let count = get(text)?.parse::<usize>().ok()?;
        let columns = (0..count)
            .map(|_| get(text).map(str::to_owned))
            .collect::<Option<_>>()?;
        snapshot.column_order.insert(table, columns);
    }
    Some(snapshot)
}

fn put(text: &mut String, part: &str) {
    text.push_str(&part.len().to_string());
    text.push(':');
    text.push_str(part);
}

fn get<'t>(text: &mut &'t str) -> Option<&'t str> {
    let (length, rest) = text.split_once(':')?;
    let part = rest.get(..length.parse().ok()?)?;
    *text = rest.get(part.len()..)?;
    Some(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot() -> Snapshot {
        let mut snapshot = Snapshot {
            server_major: 15,
            ..Snapshot::default()
        };
        snapshot
            .objects
            .insert(ObjectId::new("table", "public.t"), "5:nasty\n7".to_owned());
        snapshot
            .objects
            .insert(ObjectId::new("comment", "on é"), String::new());
        snapshot.column_order.insert(
            "public.t".to_owned(),
            vec!["a".to_owned(), "b:c".to_owned()],
        );
        snapshot
    }

    #[test]
    fn what_is_kept_comes_back() {
        let back = decode(&encode(&snapshot())).unwrap();
        assert_eq!(back.objects, snapshot().objects);
        assert_eq!(back.column_order, snapshot().column_order);
        assert_eq!(back.fingerprint(), snapshot().fingerprint());
    }

    #[test]
    fn what_is_cut_does_not() {
        let text = encode(&snapshot());
        let cuts = (0..text.len()).filter(|at| text.is_char_boundary(*at));
        let read: Vec<_> = cuts
            .filter(|at| {
                decode(&text[..*at]).is_some_and(|cut| cut.column_order == snapshot().column_order)
            })
            .collect();
        assert!(read.is_empty(), "cut at {read:?} and still read");
    }
}

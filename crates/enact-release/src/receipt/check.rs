//! Reading a receipt that somebody handed over.

use serde::Deserialize;

use enact_ledger::Hash;

use super::{Receipt, SCHEMA, Stream};

/// Why bytes are no receipt to rely on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiptError {
    /// It does not say what it is, so it is no receipt.
    #[error("it is no receipt: {0}")]
    Form(#[from] serde_json::Error),
    /// It is another document.
    #[error("it is no receipt: its schema is `{found}`, not `{SCHEMA}`")]
    Document {
        /// What it says of itself.
        found: String,
    },
    /// It was written by a newer program.
    #[error("it is a receipt of version `{found}`, and this program knows `{SCHEMA}`")]
    Version {
        /// What it says of itself.
        found: String,
    },
    /// It says that it is a receipt of this version, and has not the form of one.
    #[error("it is not what `enact receipt` writes: {0}")]
    Altered(serde_json::Error),
    /// It was changed or damaged.
    #[error("it was changed after it was made: its digest is {actual}, and it says {stated}")]
    Digest {
        /// What it says.
        stated: String,
        /// What its content has.
        actual: Hash,
    },
    /// Its parts do not agree.
    #[error("it contradicts itself: {0}")]
    Contradiction(String),
}

/// What every document says of itself.
#[derive(Deserialize)]
struct Named {
    schema: String,
}

pub(super) fn read(bytes: &[u8]) -> Result<Receipt, ReceiptError> {
    // What stands behind the document does not keep it from saying what it is.
    let Named { schema } = Named::deserialize(&mut serde_json::Deserializer::from_slice(bytes))?;
    if schema != SCHEMA {
        return Err(match schema.strip_prefix("enact.receipt/") {
            Some(_) => ReceiptError::Version { found: schema },
            None => ReceiptError::Document { found: schema },
        });
    }
    let receipt: Receipt = serde_json::from_slice(bytes).map_err(ReceiptError::Altered)?;
    let actual = receipt.own_digest();
    if receipt.digest != Some(actual) {
        let stated = receipt.digest;
        let stated = stated.map_or_else(|| "none".to_owned(), |stated| stated.to_string());
        return Err(ReceiptError::Digest { stated, actual });
    }
    agree(&receipt).map_err(ReceiptError::Contradiction)?;
    Ok(receipt)
}

/// What a program that wrote it by the rules always keeps; lists are searched by these orders.
fn agree(receipt: &Receipt) -> Result<(), String> {
    let objects = &receipt.objects;
    if receipt.server.version_number / 10_000 != objects.server_major {
        return Err("the server's version and that of its objects differ".to_owned());
    }
    let key = |at: usize| {
        objects
            .set
            .get(at)
            .map(|object| (&object.kind, &object.name))
    };
    if let Some(at) = (1..objects.set.len()).find(|at| key(at - 1) >= key(*at)) {
        return Err(format!("object {} is not behind the one before it", at + 1));
    }
    let name = |at: usize| receipt.streams.get(at).map(|stream| &stream.name);
    if let Some(at) = (1..receipt.streams.len()).find(|at| name(at - 1) >= name(*at)) {
        return Err(format!("stream {} is not behind the one before it", at + 1));
    }
    receipt.streams.iter().try_for_each(stream)
}

fn stream(stream: &Stream) -> Result<(), String> {
    let numbers: Vec<u32> = stream.migrations.iter().map(|one| one.number).collect();
    if !numbers.is_sorted_by(|one, next| one < next) {
        return Err(format!(
            "the migrations of {} are not in order",
            stream.name
        ));
    }
    if numbers.last().copied().unwrap_or(0) != stream.position {
        return Err(format!(
            "{} does not stand at its last migration",
            stream.name
        ));
    }
    Ok(())
}

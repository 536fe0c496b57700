//! Releases as a hostile and as a careless core team or sponsor would hand them over.
#![expect(
    clippy::unwrap_used,
    reason = "clippy lets tests unwrap, but not the functions they share"
)]

mod git;
mod kept;
mod kit;
mod leave;
mod limits;
mod lock;
mod machine;
mod manifest;
mod objects;
mod package;
mod process;
mod properties;
mod source;
mod write;

//! SQL text to pieces, statements, segments and facts; pure and without I/O.
//!
//! The way of a file: [`text::normalise`] its bytes, [`include::expand`] the files it includes,
//! then [`script::analyse`], which gives the segments to run and every problem at once.

pub mod backfill;
pub mod classify;
pub mod directive;
mod guard;
pub mod header;
pub mod include;
pub mod invariants;
mod lex;
pub mod lines;
pub mod loss;
pub mod meaning;
mod meta;
mod parse;
pub mod rename;
pub mod requirement;
pub mod script;
mod segment;
pub mod split;
mod tag;
pub mod text;
pub mod tree;

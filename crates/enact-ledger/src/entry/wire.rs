//! How typed records become canonical values and back, and the shape by which bytes are checked without building either.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use super::EntryError;
use super::FieldProblem;
use crate::canonical::CanonicalError;
use crate::canonical::MAX_INTEGER;
use crate::canonical::Problem;
use crate::canonical::Scanner;
use crate::canonical::Value;
use crate::hash::Hash;
use crate::scalar::FileDigest;
use crate::scalar::Identity;
use crate::scalar::SqlState;
use crate::scalar::SystemIdentifier;
use crate::scalar::Timestamp;
use crate::text::Text;

/// The form of a value, known at compile time.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    /// A string whose raw spelling the function accepts. A spelling with escapes is only ever accepted for free text.
    Text(fn(&str) -> bool),
    /// An integer from 0 to this.
    Integer(i64),
    /// A list of one shape.
    List(&'static Shape),
    /// An object of these fields, sorted by name.
    Object(&'static [Field]),
}

/// A field of an object.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) required: bool,
    pub(crate) shape: Shape,
}

/// A type that stands in records.
pub(crate) trait Wire: Sized {
    const SHAPE: Shape;
    const REQUIRED: bool = true;

    fn to_value(&self) -> Value;
    fn from_value(value: Value) -> Result<Self, EntryError>;

    /// The value as a field; `None` leaves the field out.
    fn to_field(&self) -> Option<Value> {
        Some(self.to_value())
    }

    /// The value of a field that may not be there.
    fn from_field(field: Option<Value>) -> Result<Self, EntryError> {
        field.map_or(
            Err(EntryError::field(FieldProblem::Missing)),
            Self::from_value,
        )
    }
}

impl<T: Wire> Wire for Option<T> {
    const SHAPE: Shape = T::SHAPE;
    const REQUIRED: bool = false;

    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Null, Wire::to_value)
    }

    fn from_value(value: Value) -> Result<Self, EntryError> {
        T::from_value(value).map(Some)
    }

    fn to_field(&self) -> Option<Value> {
        self.as_ref().map(Wire::to_value)
    }

    fn from_field(field: Option<Value>) -> Result<Self, EntryError> {
        field.map(T::from_value).transpose()
    }
}

impl<T: Wire> Wire for Vec<T> {
    const SHAPE: Shape = Shape::List(&T::SHAPE);

    fn to_value(&self) -> Value {
        Value::List(self.iter().map(Wire::to_value).collect())
    }

    fn from_value(value: Value) -> Result<Self, EntryError> {
        let Value::List(items) = value else {
            return Err(EntryError::field(FieldProblem::Type));
        };
        items
            .into_iter()
            .enumerate()
            .map(|(index, item)| {
                T::from_value(item).map_err(|error| error.under(&index.to_string()))
            })
            .collect()
    }
}

impl Wire for Text {
    const SHAPE: Shape = Shape::Text(|_| true);

    fn to_value(&self) -> Value {
        Value::text(self.as_str())
    }

    fn from_value(value: Value) -> Result<Self, EntryError> {
        let Value::Text(text) = value else {
            return Err(EntryError::field(FieldProblem::Type));
        };
        Self::exact(text).ok_or(EntryError::field(FieldProblem::Value))
    }
}

impl Wire for u64 {
    const SHAPE: Shape = Shape::Integer(MAX_INTEGER);

    fn to_value(&self) -> Value {
        // What does not fit is refused when the value is written.
        Value::Integer(i64::try_from(*self).unwrap_or(i64::MAX))
    }

    fn from_value(value: Value) -> Result<Self, EntryError> {
        let Value::Integer(number) = value else {
            return Err(EntryError::field(FieldProblem::Type));
        };
        Self::try_from(number).map_err(|_| EntryError::field(FieldProblem::Value))
    }
}

impl Wire for u32 {
    const SHAPE: Shape = Shape::Integer(u32::MAX as i64);

    fn to_value(&self) -> Value {
        Value::Integer(i64::from(*self))
    }

    fn from_value(value: Value) -> Result<Self, EntryError> {
        Self::try_from(u64::from_value(value)?).map_err(|_| EntryError::field(FieldProblem::Value))
    }
}

/// Whether `raw` spells a `T`.
pub(crate) fn spells<T: FromStr>(raw: &str) -> bool {
    raw.parse::<T>().is_ok()
}

/// The `T` that a text value spells.
pub(crate) fn from_text<T: FromStr>(value: Value) -> Result<T, EntryError> {
    let Value::Text(text) = value else {
        return Err(EntryError::field(FieldProblem::Type));
    };
    text.parse()
        .map_err(|_| EntryError::field(FieldProblem::Value))
}

/// The text value that spells `value`.
pub(crate) fn to_text(value: &impl Display) -> Value {
    Value::text(value.to_string())
}

/// Types that are recorded as what `Display` writes and `FromStr` reads.
macro_rules! wire_as_text {
    ($($type:ty),*) => {$(
        impl $crate::entry::wire::Wire for $type {
            const SHAPE: $crate::entry::wire::Shape = $crate::entry::wire::Shape::Text($crate::entry::wire::spells::<Self>);

            fn to_value(&self) -> $crate::canonical::Value {
                $crate::entry::wire::to_text(self)
            }

            fn from_value(value: $crate::canonical::Value) -> Result<Self, $crate::entry::EntryError> {
                $crate::entry::wire::from_text(value)
            }
        }
    )*};
}
pub(crate) use wire_as_text;

wire_as_text!(
    Hash,
    FileDigest,
    Identity,
    SqlState,
    SystemIdentifier,
    Timestamp
);

/// Declares a closed enum whose variants are recorded as fixed words.
macro_rules! words {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$doc])* $variant,)* }

        impl $name {
            /// Every variant.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word as recorded.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::scalar::ScalarError;

            fn from_str(text: &str) -> Result<Self, $crate::scalar::ScalarError> {
                match text {
                    $($word => Ok(Self::$variant),)*
                    _ => Err($crate::scalar::ScalarError { expected: concat!("one of:" $(, " ", $word)*) }),
                }
            }
        }

        $crate::entry::wire::wire_as_text!($name);
    };
}
pub(crate) use words;

/// Declares a struct that is recorded as an object of its fields; an `Option` is left out when it is `None`.
macro_rules! record {
    ($(#[$meta:meta])* pub struct $name:ident { $($(#[$doc:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name { $($(#[$doc])* pub $field: $type,)* }

        impl $crate::entry::wire::Wire for $name {
            const SHAPE: $crate::entry::wire::Shape = $crate::entry::wire::Shape::Object(&$crate::entry::wire::sorted([
                $($crate::entry::wire::Field {
                    name: stringify!($field),
                    required: <$type as $crate::entry::wire::Wire>::REQUIRED,
                    shape: <$type as $crate::entry::wire::Wire>::SHAPE,
                },)*
            ]));

            fn to_value(&self) -> $crate::canonical::Value {
                $crate::canonical::Value::object([
                    $((stringify!($field), $crate::entry::wire::Wire::to_field(&self.$field)),)*
                ].into_iter().filter_map(|(name, value)| value.map(|value| (name, value))))
            }

            fn from_value(value: $crate::canonical::Value) -> Result<Self, $crate::entry::EntryError> {
                let mut fields = $crate::entry::wire::Fields::of(value)?;
                let record = Self { $($field: fields.take(stringify!($field))?,)* };
                fields.finish()?;
                Ok(record)
            }
        }
    };
}
pub(crate) use record;

/// Sorts fields by name, as canonical bytes have them.
pub(crate) const fn sorted<const N: usize>(mut fields: [Field; N]) -> [Field; N] {
    let mut end = 1;
    while end < N {
        let mut at = end;
        while at > 0 && is_less(fields[at].name.as_bytes(), fields[at - 1].name.as_bytes()) {
            let moved = fields[at];
            fields[at] = fields[at - 1];
            fields[at - 1] = moved;
            at -= 1;
        }
        end += 1;
    }
    fields
}

const fn is_less(a: &[u8], b: &[u8]) -> bool {
    let mut at = 0;
    while at < a.len() && at < b.len() {
        if a[at] != b[at] {
            return a[at] < b[at];
        }
        at += 1;
    }
    a.len() < b.len()
}

/// The fields of an object that are still to be read.
pub(crate) struct Fields(BTreeMap<String, Value>);

impl Fields {
    /// The fields of `value`, which must be an object.
    pub(crate) fn of(value: Value) -> Result<Self, EntryError> {
        match value {
            Value::Object(fields) => Ok(Self(fields)),
            _ => Err(EntryError::field(FieldProblem::Type)),
        }
    }

    /// Reads the field `name`.
    pub(crate) fn take<T: Wire>(&mut self, name: &str) -> Result<T, EntryError> {
        T::from_field(self.0.remove(name)).map_err(|error| error.under(name))
    }

    /// Takes the raw value of the field `name`.
    pub(crate) fn take_value(&mut self, name: &str) -> Result<Value, EntryError> {
        self.0
            .remove(name)
            .ok_or_else(|| EntryError::field(FieldProblem::Missing).under(name))
    }

    /// Refuses what was not read.
    pub(crate) fn finish(self) -> Result<(), EntryError> {
        match self.0.into_keys().next() {
            Some(name) => Err(EntryError::field(FieldProblem::Unknown).under(&name)),
            None => Ok(()),
        }
    }
}

impl Shape {
    /// Reads a value of this shape, building nothing.
    pub(crate) fn check(&self, scanner: &mut Scanner<'_>) -> Result<(), CanonicalError> {
        let refused = scanner.error(Problem::Shape);
        match self {
            Self::Text(accepts) => accepts(scanner.string()?).then_some(()).ok_or(refused),
            Self::Integer(max) => (0..=*max)
                .contains(&scanner.integer()?)
                .then_some(())
                .ok_or(refused),
            Self::List(item) => check_list(item, scanner),
            Self::Object(fields) => check_object(fields, scanner),
        }
    }
}

fn check_list(item: &Shape, scanner: &mut Scanner<'_>) -> Result<(), CanonicalError> {
    scanner.expect(b"[")?;
    if scanner.take(b"]") {
        return Ok(());
    }
    item.check(scanner)?;
    while scanner.take(b",") {
        item.check(scanner)?;
    }
    scanner.expect(b"]")
}

/// Fields are sorted on both sides, so that one pass proves order, presence and absence of strangers.
fn check_object(fields: &[Field], scanner: &mut Scanner<'_>) -> Result<(), CanonicalError> {
    scanner.expect(b"{")?;
    let mut first = true;
    for field in fields {
        if take_key(scanner, first, field.name) {
            field.shape.check(scanner)?;
            first = false;
        } else if field.required {
            return Err(scanner.error(Problem::Field));
        }
    }
    if scanner.take(b"}") {
        Ok(())
    } else {
        Err(scanner.error(Problem::Field))
    }
}

fn take_key(scanner: &mut Scanner<'_>, first: bool, name: &str) -> bool {
    let start = scanner.clone();
    let found = (first || scanner.take(b","))
        && scanner.take(b"\"")
        && scanner.take(name.as_bytes())
        && scanner.take(b"\":");
    if !found {
        *scanner = start;
    }
    found
}

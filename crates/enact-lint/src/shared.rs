//! A list that is cheap to copy.

use std::ops::{Index, IndexMut};
use std::sync::Arc;

/// A list whose copies share their elements until one of them changes an element: a schema is copied for each file
/// that is judged, and few of its tables change there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shared<T>(Vec<Arc<T>>);

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Shared<T> {
    /// The elements in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> + ExactSizeIterator {
        self.0.iter().map(|element| &**element)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Is there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds one at the end.
    pub fn push(&mut self, element: T) {
        self.0.push(Arc::new(element));
    }

    /// Keeps those of which `keep` holds.
    pub fn retain(&mut self, mut keep: impl FnMut(&T) -> bool) {
        self.0.retain(|element| keep(element));
    }

    pub(crate) fn insert(&mut self, at: usize, element: T) {
        self.0.insert(at, Arc::new(element));
    }
}

impl<T: Clone> Shared<T> {
    /// The one at a place, to be changed.
    pub fn get_mut(&mut self, at: usize) -> Option<&mut T> {
        self.0.get_mut(at).map(Arc::make_mut)
    }

    pub(crate) fn remove(&mut self, at: usize) -> T {
        Arc::unwrap_or_clone(self.0.remove(at))
    }

    /// The last of which `wanted` holds, to be changed.
    pub(crate) fn find_mut(&mut self, wanted: impl Fn(&T) -> bool) -> Option<&mut T> {
        self.each_mut(wanted).next_back()
    }

    /// All of which `wanted` holds, to be changed.
    pub(crate) fn each_mut(
        &mut self,
        wanted: impl Fn(&T) -> bool,
    ) -> impl DoubleEndedIterator<Item = &mut T> {
        let elements = self.0.iter_mut().filter(move |element| wanted(element));
        elements.map(Arc::make_mut)
    }
}

impl<T> Index<usize> for Shared<T> {
    type Output = T;

    fn index(&self, at: usize) -> &T {
        &self.0[at]
    }
}

impl<T: Clone> IndexMut<usize> for Shared<T> {
    fn index_mut(&mut self, at: usize) -> &mut T {
        Arc::make_mut(&mut self.0[at])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_shares_what_neither_changes() {
        let mut list = Shared::default();
        list.push("a".to_owned());
        list.push("b".to_owned());
        let copy = list.clone();
        list.find_mut(|one| one == "b").unwrap().push('!');
        assert!(list.iter().eq(["a", "b!"]));
        assert!(copy.iter().eq(["a", "b"]));
        assert!(Arc::ptr_eq(&list.0[0], &copy.0[0]));
    }
}

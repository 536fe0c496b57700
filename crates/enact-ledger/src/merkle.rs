//! The Merkle tree of RFC 6962 (and 9162): roots, inclusion proofs and consistency proofs.
//!
//! Leaves are [`crate::hash_body`] values; an inner node is SHA-256(0x01 || left || right).

use crate::hash::Hash;

/// The hash of an inner node.
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Hash::of_parts(&[&[1], &left.0, &right.0])
}

/// The roots of the perfect subtrees that a tree consists of, largest first: enough to append leaves and tell the root.
#[derive(Debug, Clone, Default)]
pub struct Frontier {
    size: u64,
    subtrees: Vec<Hash>,
}

impl Frontier {
    /// Leaves so far.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf.
    pub fn push(&mut self, leaf: Hash) {
        let mut node = leaf;
        // Each trailing one bit of the size is a perfect subtree that the new node completes.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.subtrees.pop() {
                node = node_hash(&left, &node);
            }
        }
        self.subtrees.push(node);
        self.size += 1;
    }

    /// The root over all leaves; SHA-256 of nothing if there are none.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut subtrees = self.subtrees.iter().rev();
        let Some(smallest) = subtrees.next() else {
            return empty_root();
        };
        subtrees.fold(*smallest, |right, left| node_hash(left, &right))
    }
}

/// The root of a tree without leaves.
#[must_use]
pub fn empty_root() -> Hash {
    Hash::of(b"")
}

/// The root over `leaves`.
#[must_use]
pub fn root(leaves: &[Hash]) -> Hash {
    let mut frontier = Frontier::default();
    for leaf in leaves {
        frontier.push(*leaf);
    }
    frontier.root()
}

/// The proof that the leaf at `index` (from 0) is in the tree over `leaves`; `None` if there is no such leaf.
#[must_use]
pub fn inclusion_proof(leaves: &[Hash], index: usize) -> Option<Vec<Hash>> {
    if index >= leaves.len() {
        return None;
    }
    let mut proof = Vec::new();
    let (mut part, mut index) = (leaves, index);
    while part.len() > 1 {
        let (left, right) = part.split_at(split(part.len()));
        if index < left.len() {
            proof.push(root(right));
            part = left;
        } else {
            proof.push(root(left));
            index -= left.len();
            part = right;
        }
    }
    proof.reverse();
    Some(proof)
}

/// The proof that the tree over the first `old_size` leaves is a prefix of the tree over `leaves`; `None` if there are
/// fewer leaves. Empty for sizes 0 and `leaves.len()`.
#[must_use]
pub fn consistency_proof(leaves: &[Hash], old_size: usize) -> Option<Vec<Hash>> {
    if old_size > leaves.len() {
        return None;
    }
    let mut proof = Vec::new();
    if old_size == 0 || old_size == leaves.len() {
        return Some(proof);
    }
    let (mut part, mut old, mut whole) = (leaves, old_size, true);
    while old < part.len() {
        let (left, right) = part.split_at(split(part.len()));
        if old <= left.len() {
            proof.push(root(right));
            part = left;
        } else {
            proof.push(root(left));
            old -= left.len();
            part = right;
            whole = false;
        }
    }
    if !whole {
        proof.push(root(part));
    }
    proof.reverse();
    Some(proof)
}

/// The largest power of two smaller than `size`, which is over 1.
fn split(size: usize) -> usize {
    1 << (size - 1).ilog2()
}

/// Why a proof does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The sizes, or the index, contradict each other.
    #[error("sizes or index do not fit together")]
    Sizes,
    /// The proof has too few or too many hashes.
    #[error("proof has a wrong number of hashes")]
    Length,
    /// The hashes do not give the old root.
    #[error("proof does not give the old root")]
    OldRoot,
    /// The hashes do not give the root.
    #[error("proof does not give the root")]
    Root,
}

/// Proves that `leaf` stands at `index` (from 0) of the tree of `size` leaves with `root`.
///
/// # Errors
/// If it does not follow from `proof`.
pub fn verify_inclusion(
    leaf: &Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::Sizes);
    }
    let mut path = Path {
        index,
        last: size - 1,
    };
    let mut node = *leaf;
    for sibling in proof {
        node = match path.step().ok_or(ProofError::Length)? {
            Side::Left => node_hash(sibling, &node),
            Side::Right => node_hash(&node, sibling),
        };
    }
    finish(&path, node == *root)
}

/// Proves that the tree of `old_size` leaves with `old_root` is a prefix of the tree of `size` leaves with `root`.
///
/// # Errors
/// If it does not follow from `proof`.
pub fn verify_consistency(
    old_size: u64,
    old_root: &Hash,
    size: u64,
    root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    if old_size > size {
        return Err(ProofError::Sizes);
    }
    if old_size == size || old_size == 0 {
        return verify_trivial_consistency(old_size, old_root, size, root, proof);
    }
    // The walk starts at the largest perfect subtree that ends the old tree; if that is the whole old tree, its root is known.
    let level = old_size.trailing_zeros();
    let mut path = Path {
        index: (old_size - 1) >> level,
        last: (size - 1) >> level,
    };
    let (seed, rest) = if old_size.is_power_of_two() {
        (old_root, proof)
    } else {
        proof.split_first().ok_or(ProofError::Length)?
    };
    let (mut old, mut new) = (*seed, *seed);
    for sibling in rest {
        match path.step().ok_or(ProofError::Length)? {
            Side::Left => {
                old = node_hash(sibling, &old);
                new = node_hash(sibling, &new);
            }
            Side::Right => new = node_hash(&new, sibling),
        }
    }
    if path.last == 0 && old != *old_root {
        return Err(ProofError::OldRoot);
    }
    finish(&path, new == *root)
}

fn verify_trivial_consistency(
    old_size: u64,
    old_root: &Hash,
    size: u64,
    root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    if !proof.is_empty() {
        return Err(ProofError::Length);
    }
    let old_fits = if old_size == size {
        old_root == root
    } else {
        *old_root == empty_root()
    };
    if old_fits {
        Ok(())
    } else {
        Err(ProofError::OldRoot)
    }
}

fn finish(path: &Path, root_fits: bool) -> Result<(), ProofError> {
    match (path.last, root_fits) {
        (0, true) => Ok(()),
        (0, false) => Err(ProofError::Root),
        _ => Err(ProofError::Length),
    }
}

/// The way from a node to the root: its index and that of the last node, on one level.
struct Path {
    index: u64,
    last: u64,
}

/// On which side of the node its sibling stands.
enum Side {
    Left,
    Right,
}

impl Path {
    /// Goes up to the next level at which there is a sibling; `None` at the root.
    fn step(&mut self) -> Option<Side> {
        if self.last == 0 {
            return None;
        }
        // The last node of a level without sibling is its own parent.
        while self.index == self.last && self.index & 1 == 0 {
            self.up();
        }
        let side = if self.index & 1 == 1 {
            Side::Left
        } else {
            Side::Right
        };
        self.up();
        Some(side)
    }

    fn up(&mut self) {
        self.index >>= 1;
        self.last >>= 1;
    }
}

//! The Merkle tree against the known vectors of Certificate Transparency, and against its definition.

#![expect(clippy::unwrap_used, reason = "helpers of tests may stop the test")]

use enact_ledger::Hash;
use enact_ledger::hash_body;
use enact_ledger::merkle::*;
use proptest::prelude::*;

/// The eight inputs of the well-known test vectors.
const INPUTS: [&[u8]; 8] = [
    b"",
    &[0],
    &[0x10],
    b" !",
    b"01",
    b"@ABC",
    b"PQRSTUVW",
    b"`abcdefghijklmno",
];

/// The roots over the first 0 to 8 of them.
const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

const L0: &str = ROOTS[1];
const L1: &str = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7";
const L4: &str = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b";
const L6: &str = "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f";
const N01: &str = ROOTS[2];
const N23: &str = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";
const N45: &str = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a";
const N67: &str = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";
const N03: &str = ROOTS[4];
const N47: &str = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4";

fn hash(hex: &str) -> Hash {
    format!("sha256:{hex}").parse().unwrap()
}

fn hashes(hex: &[&str]) -> Vec<Hash> {
    hex.iter().map(|hex| hash(hex)).collect()
}

fn vector_leaves() -> Vec<Hash> {
    INPUTS.iter().map(|input| hash_body(input)).collect()
}

fn leaves(count: usize) -> Vec<Hash> {
    (0..count)
        .map(|index| hash_body(&index.to_be_bytes()))
        .collect()
}

#[test]
fn roots_are_the_known_ones() {
    let leaves = vector_leaves();
    let mut frontier = Frontier::default();
    for size in 0..=8 {
        assert_eq!(root(&leaves[..size]), hash(ROOTS[size]), "size {size}");
        assert_eq!(
            (frontier.size(), frontier.root()),
            (size as u64, hash(ROOTS[size]))
        );
        leaves
            .get(size)
            .into_iter()
            .for_each(|leaf| frontier.push(*leaf));
    }
}

#[test]
fn inclusion_proofs_are_the_known_ones() {
    let leaves = vector_leaves();
    let known: [(usize, usize, &[&str]); 7] = [
        (0, 1, &[]),
        (0, 2, &[L1]),
        (1, 2, &[L0]),
        (2, 3, &[N01]),
        (1, 5, &[L0, N23, L4]),
        (0, 8, &[L1, N23, N47]),
        (5, 8, &[L4, N67, N03]),
    ];
    for (index, size, proof) in known {
        assert_eq!(
            inclusion_proof(&leaves[..size], index),
            Some(hashes(proof)),
            "{index} of {size}"
        );
        assert_eq!(
            verify_inclusion(
                &leaves[index],
                index as u64,
                size as u64,
                &hashes(proof),
                &hash(ROOTS[size])
            ),
            Ok(())
        );
    }
    assert_eq!(inclusion_proof(&leaves, 8), None);
    assert_eq!(inclusion_proof(&[], 0), None);
}

#[test]
fn consistency_proofs_are_the_known_ones() {
    let leaves = vector_leaves();
    let known: [(usize, usize, &[&str]); 5] = [
        (1, 1, &[]),
        (1, 8, &[L1, N23, N47]),
        (2, 5, &[N23, L4]),
        (6, 8, &[N45, N67, N03]),
        (6, 7, &[N45, L6, N03]),
    ];
    for (old, size, proof) in known {
        assert_eq!(
            consistency_proof(&leaves[..size], old),
            Some(hashes(proof)),
            "{old} in {size}"
        );
        assert_eq!(
            verify_consistency(
                old as u64,
                &hash(ROOTS[old]),
                size as u64,
                &hash(ROOTS[size]),
                &hashes(proof)
            ),
            Ok(())
        );
    }
    assert_eq!(consistency_proof(&leaves, 9), None);
}

/// The definition of RFC 6962, section 2.1, to the letter.
fn root_by_definition(leaves: &[Hash]) -> Hash {
    match leaves.len() {
        0 => Hash::of(b""),
        1 => leaves[0],
        size => {
            let split = (1..)
                .map(|level| 1 << level)
                .find(|power| power * 2 >= size)
                .filter(|_| size > 2)
                .unwrap_or(1);
            node_hash(
                &root_by_definition(&leaves[..split]),
                &root_by_definition(&leaves[split..]),
            )
        }
    }
}

#[test]
fn every_proof_of_small_trees_holds_and_fits_no_other_place() {
    for size in 1..=33_usize {
        let leaves = leaves(size);
        let top = root(&leaves);
        assert_eq!(top, root_by_definition(&leaves));
        for index in 0..size {
            let proof = inclusion_proof(&leaves, index).unwrap();
            for (other, leaf) in leaves.iter().enumerate() {
                let holds = verify_inclusion(leaf, other as u64, size as u64, &proof, &top).is_ok();
                assert_eq!(
                    holds,
                    other == index,
                    "proof of {index} for {other} in {size}"
                );
                let moved =
                    verify_inclusion(&leaves[index], other as u64, size as u64, &proof, &top)
                        .is_ok();
                assert_eq!(
                    moved,
                    other == index,
                    "proof of {index} at {other} in {size}"
                );
            }
        }
        for old in 0..=size {
            let proof = consistency_proof(&leaves, old).unwrap();
            for other in 0..=size {
                let holds = verify_consistency(
                    other as u64,
                    &root(&leaves[..other]),
                    size as u64,
                    &top,
                    &proof,
                )
                .is_ok();
                let trivial = |size_of: usize| size_of == 0 || size_of == size;
                assert_eq!(
                    holds,
                    other == old || (trivial(other) && trivial(old)),
                    "proof of {old} for {other} in {size}"
                );
            }
        }
    }
}

#[test]
fn impossible_sizes_are_refused() {
    let (some, none) = (Hash::of(b"x"), root(&[]));
    assert_eq!(
        verify_inclusion(&some, 0, 0, &[], &some),
        Err(ProofError::Sizes)
    );
    assert_eq!(
        verify_inclusion(&some, 1, 1, &[], &some),
        Err(ProofError::Sizes)
    );
    assert_eq!(
        verify_inclusion(&some, u64::MAX - 1, u64::MAX, &[], &some),
        Err(ProofError::Length)
    );
    assert_eq!(
        verify_inclusion(&some, 0, 1, &[], &none),
        Err(ProofError::Root)
    );
    assert_eq!(
        verify_consistency(2, &some, 1, &some, &[]),
        Err(ProofError::Sizes)
    );
    assert_eq!(
        verify_consistency(1, &some, 2, &some, &[]),
        Err(ProofError::Length)
    );
    assert_eq!(
        verify_consistency(3, &some, 4, &some, &[]),
        Err(ProofError::Length)
    );
    assert_eq!(
        verify_consistency(1, &some, 1, &none, &[]),
        Err(ProofError::OldRoot)
    );
    assert_eq!(
        verify_consistency(1, &some, 1, &some, &[some]),
        Err(ProofError::Length)
    );
    assert_eq!(
        verify_consistency(0, &some, 1, &some, &[]),
        Err(ProofError::OldRoot)
    );
    assert_eq!(
        verify_consistency(0, &none, 1, &some, &[some]),
        Err(ProofError::Length)
    );
    assert_eq!(verify_consistency(0, &none, 1, &some, &[]), Ok(()));
}

/// Every way to damage a list of hashes by one step.
fn damaged(proof: &[Hash], stranger: Hash) -> Vec<Vec<Hash>> {
    let mut all = Vec::new();
    for at in 0..=proof.len() {
        let mut longer = proof.to_vec();
        longer.insert(at, stranger);
        all.push(longer);
    }
    for at in 0..proof.len() {
        let mut shorter = proof.to_vec();
        shorter.remove(at);
        all.push(shorter);
        let mut changed = proof.to_vec();
        changed[at].0[at % 32] ^= 8;
        all.push(changed);
        let mut swapped = proof.to_vec();
        swapped.swap(at, proof.len() - 1);
        all.push(swapped);
    }
    all.retain(|other| other != proof);
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn proofs_hold_and_damaged_ones_do_not(size in 1..300_usize, at in any::<prop::sample::Index>(), old in any::<prop::sample::Index>()) {
        let leaves = leaves(size);
        let (top, index, old) = (root(&leaves), at.index(size), old.index(size) + 1);
        let (leaf, old_root) = (leaves[index], root(&leaves[..old]));
        prop_assert_eq!(top, root_by_definition(&leaves));

        let inclusion = inclusion_proof(&leaves, index).unwrap();
        let included = |index: usize, size: usize, proof: &[Hash], top: &Hash| verify_inclusion(&leaf, index as u64, size as u64, proof, top);
        prop_assert_eq!(included(index, size, &inclusion, &top), Ok(()));
        prop_assert!(included(index, size, &inclusion, &leaf).is_err() || size == 1);
        prop_assert!(included(index, size * 2, &inclusion, &top).is_err());

        let consistency = consistency_proof(&leaves, old).unwrap();
        let consistent = |old: usize, old_root: &Hash, size: usize, top: &Hash, proof: &[Hash]| verify_consistency(old as u64, old_root, size as u64, top, proof);
        prop_assert_eq!(consistent(old, &old_root, size, &top, &consistency), Ok(()));
        if old < size {
            let mut other = old_root;
            other.0[0] ^= 8;
            prop_assert!(consistent(old, &other, size, &top, &consistency).is_err());
            let mut other = top;
            other.0[0] ^= 8;
            prop_assert_eq!(consistent(old, &old_root, size, &other, &consistency), Err(ProofError::Root));
            prop_assert!(consistent(old, &top, size, &old_root, &consistency).is_err());
            prop_assert!(consistent(old, &old_root, size * 2, &top, &consistency).is_err());
        }

        for stranger in [top, old_root, leaf] {
            for proof in damaged(&inclusion, stranger) {
                prop_assert!(included(index, size, &proof, &top).is_err());
            }
            for proof in damaged(&consistency, stranger) {
                prop_assert!(consistent(old, &old_root, size, &top, &proof).is_err());
            }
        }
    }
}

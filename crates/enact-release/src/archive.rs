//! `NAME-VERSION.tgz`: a package as npm packs it, written the same each time, read with suspicion.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Component, Path, PathBuf};

use flate2::read::GzDecoder;
use flate2::{Compression, GzBuilder};
use tar::{Archive, Builder, EntryType, Header};

/// The folder in which npm packs everything.
const ROOT: &str = "package";
/// The time that npm gives to every file: 1985-10-26 08:15:00 UTC, in seconds.
const TIME: u64 = 499_162_500;
/// A package is not larger than this when it is unpacked, in bytes.
const LARGEST: u64 = 256 << 20;
/// Nor has it more files.
const MOST: usize = 20_000;

/// An archive that is not unpacked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// It cannot be read, or what is in it cannot be written.
    #[error("cannot unpack it")]
    Io(#[from] io::Error),
    /// It holds what no package holds.
    #[error("`{path}` in it {what}: a package holds regular files below `{ROOT}/` alone")]
    Suspicious {
        /// The entry.
        path: String,
        /// What is wrong.
        what: &'static str,
    },
    /// It grows beyond every measure.
    #[error("it is larger than {} MiB when it is unpacked, or has more than {MOST} files", LARGEST >> 20)]
    TooLarge,
}

/// Packs files, given by path in the package. The same files give the same bytes.
///
/// # Errors
/// None that a memory could give.
pub fn pack(files: &[(String, Vec<u8>)]) -> io::Result<Vec<u8>> {
    let zip = GzBuilder::new()
        .mtime(0)
        .operating_system(255)
        .write(Vec::new(), Compression::best());
    let mut tar = Builder::new(zip);
    for (path, bytes) in files {
        let mut header = Header::new_ustar();
        header.set_entry_type(EntryType::Regular);
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(TIME);
        header.set_size(bytes.len() as u64);
        tar.append_data(&mut header, format!("{ROOT}/{path}"), bytes.as_slice())?;
    }
    tar.into_inner()?.finish()
}

/// Unpacks an archive into a folder, or nothing of it that is suspicious.
///
/// # Errors
/// [`ArchiveError`]; what was unpacked before stays, for the caller to throw away.
pub fn unpack(archive: impl Read, into: &Path) -> Result<(), ArchiveError> {
    // One byte more than is allowed tells a bomb from a large package.
    let plain = GzDecoder::new(archive).take(LARGEST + 1);
    let mut tar = Archive::new(plain);
    let mut seen = BTreeSet::new();
    let mut size = 0;
    for entry in tar.entries()? {
        let mut entry = entry?;
        size += entry.size();
        if size > LARGEST || seen.len() >= MOST {
            return Err(ArchiveError::TooLarge);
        }
        let shown = entry.path()?.display().to_string();
        let suspicious = |what| ArchiveError::Suspicious {
            path: shown.clone(),
            what,
        };
        match entry.header().entry_type() {
            EntryType::Regular => {}
            EntryType::Directory | EntryType::XGlobalHeader => continue,
            _ => return Err(suspicious("is no regular file")),
        }
        let Some(path) = inside(&entry.path()?) else {
            return Err(suspicious("leads out of it"));
        };
        if !seen.insert(path.clone()) {
            return Err(suspicious("is there twice"));
        }
        let to = into.join(path);
        to.parent().map_or(Ok(()), fs::create_dir_all)?;
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&to)?;
        io::copy(&mut entry, &mut file)?;
        file.flush()?;
    }
    // Behind the last entry stands the checksum of all.
    io::copy(&mut tar.into_inner(), &mut io::sink())?;
    Ok(())
}

/// The path below the folder of the package, if it stays there.
fn inside(path: &Path) -> Option<PathBuf> {
    let parts: Vec<_> = path.components().collect();
    let (root, rest) = parts.split_first()?;
    let normal = |part: &Component<'_>| matches!(part, Component::Normal(_));
    let fits =
        *root == Component::Normal(ROOT.as_ref()) && !rest.is_empty() && rest.iter().all(normal);
    fits.then(|| rest.iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> Vec<(String, Vec<u8>)> {
        let long = format!("migrations/{}.sql", "long_name_".repeat(14));
        vec![
            ("package.json".to_owned(), b"{}\n".to_vec()),
            (long, b"SELECT 1;\n".repeat(1000)),
        ]
    }

    /// An archive of one entry, made by hand, since no honest writer makes it.
    fn forged(kind: EntryType, path: &str, link: &str, size: u64) -> Vec<u8> {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(0o644);
        header.set_size(size);
        let name = &mut header.as_old_mut().name;
        name[..path.len()].copy_from_slice(path.as_bytes());
        header.as_old_mut().linkname[..link.len()].copy_from_slice(link.as_bytes());
        header.set_cksum();
        let mut tar = Builder::new(Vec::new());
        tar.append(&header, io::repeat(b'x').take(size)).unwrap();
        let mut zip = flate2::write::GzEncoder::new(Vec::new(), Compression::fast());
        zip.write_all(&tar.into_inner().unwrap()).unwrap();
        zip.finish().unwrap()
    }

    fn refused(bytes: &[u8]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let into = folder.path().join("inner");
        fs::create_dir(&into).unwrap();
        let error = unpack(bytes, &into).unwrap_err();
        let strays: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(strays.len(), 1, "nothing outside");
        assert_eq!(fs::read_dir(&into).unwrap().count(), 0, "nothing inside");
        error.to_string()
    }

    #[test]
    fn what_is_packed_is_unpacked() {
        let bytes = pack(&files()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        unpack(bytes.as_slice(), folder.path()).unwrap();
        for (path, text) in files() {
            assert_eq!(fs::read(folder.path().join(path)).unwrap(), text);
        }
    }

    #[test]
    fn the_same_files_give_the_same_bytes() {
        assert_eq!(pack(&files()).unwrap(), pack(&files()).unwrap());
    }

    #[test]
    fn what_leads_out_is_refused() {
        let regular = EntryType::Regular;
        for path in [
            "/etc/passwd",
            "package/../../evil",
            "../evil",
            "package/..",
            "other/file",
            "package",
        ] {
            let error = refused(&forged(regular, path, "", 3));
            assert!(error.contains("leads out of it"), "{path}: {error}");
        }
    }

    #[test]
    fn links_are_refused() {
        for kind in [
            EntryType::Symlink,
            EntryType::Link,
            EntryType::Fifo,
            EntryType::Block,
        ] {
            let error = refused(&forged(kind, "package/migrations", "/etc", 0));
            assert!(error.contains("is no regular file"), "{error}");
        }
    }

    #[test]
    fn a_bomb_is_refused() {
        let error = refused(&forged(EntryType::Regular, "package/bomb", "", LARGEST + 1));
        assert!(error.contains("larger than 256 MiB"), "{error}");
    }

    #[test]
    fn a_file_that_is_there_twice_is_refused() {
        let mut twice = files();
        twice.push(twice[0].clone());
        let folder = tempfile::tempdir().unwrap();
        let error = unpack(pack(&twice).unwrap().as_slice(), folder.path()).unwrap_err();
        assert!(error.to_string().contains("twice"), "{error}");
    }

    #[test]
    fn a_cut_archive_is_refused() {
        let bytes = pack(&files()).unwrap();
        for end in [0, 1, 20, bytes.len() / 2, bytes.len() - 1] {
            let folder = tempfile::tempdir().unwrap();
            assert!(
                unpack(&bytes[..end], folder.path()).is_err(),
                "cut at {end}"
            );
        }
    }
}

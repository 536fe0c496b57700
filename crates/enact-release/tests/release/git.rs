//! Releases in the tags of a git repository.
//!
//! What the crate asks git depends on the environment, so each test runs in a process of its own with no other settings
//! than those given here: see [`alone`].

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;

use enact_release::{Lock, Package, Source, SourceError, find, offers};
use tempfile::TempDir;

use crate::kit;
use crate::process::alone;

/// A repository of the core, and one that builds on it.
pub struct World {
    pub place: TempDir,
    pub core: PathBuf,
    pub root: PathBuf,
}

impl World {
    pub fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        let (core, root) = (place.path().join("core"), place.path().join("root"));
        fs::create_dir(&core).unwrap();
        fs::create_dir(&root).unwrap();
        let world = Self { place, core, root };
        world.git(&["init", "--quiet", "--initial-branch", "main"]);
        world
    }

    pub fn git(&self, arguments: &[&str]) {
        let output = Command::new("git")
            .env_remove("GIT_DIR")
            .env_remove("GIT_WORK_TREE")
            .env_remove("GIT_INDEX_FILE")
            .current_dir(&self.core)
            .args(["-c", "user.name=Core", "-c", "user.email=core@example.org"])
            .args(arguments)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }

    pub fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&[
            "commit",
            "--quiet",
            "--allow-empty",
            "--message",
            "a release",
        ]);
    }

    /// Puts a release into `inner` of the tree, and commits it.
    pub fn release(&self, inner: &str, version: &str, names: &[&str]) -> Lock {
        let written = tempfile::tempdir_in(self.place.path()).unwrap();
        let folder = kit::write(written.path(), version, names).folder;
        for name in ["migrations", "objects", "release"] {
            let _ = fs::remove_dir_all(self.core.join(name));
        }
        kit::copy(&folder, &self.core.join(inner));
        self.commit();
        Package::read(&folder).unwrap().lock()
    }

    pub fn tagged(&self, tag: &str, version: &str, names: &[&str]) -> Lock {
        let lock = self.release("release", version, names);
        self.git(&["tag", "--force", tag]);
        lock
    }

    pub fn source(&self, tag: Option<&str>) -> Source {
        Source::Git {
            url: self.core.display().to_string(),
            tag: tag.map(str::to_owned),
        }
    }

    pub fn find(&self, lock: &Lock) -> Result<Package, SourceError> {
        find(&self.root, &self.source(None), lock)
    }

    pub fn versions(&self, tag: Option<&str>) -> Result<Vec<String>, SourceError> {
        let offers = offers(&self.root, &self.source(tag))?.into_iter();
        Ok(offers.map(|offer| offer.manifest.version).collect())
    }
}

/// What git could not do, in its words.
pub fn failed(result: Result<impl Sized, SourceError>) -> (String, String) {
    match result.map(drop).unwrap_err() {
        SourceError::Git { doing, message } => (doing, message),
        other => panic!("{other}"),
    }
}

#[test]
fn tags_that_are_versions_are_releases() {
    alone("git::tags_that_are_versions_are_releases", &[], || {
        let world = World::new();
        let first = world.release("", "1.2.0", &["sites"]);
        world.git(&["tag", "--annotate", "--message", "second", "v1.2.0"]);
        world.git(&["rm", "-r", "--quiet", "."]);
        let second = world.tagged("1.3.0", "1.3.0", &["sites", "visits"]);
        for tag in [
            "latest",
            "v1",
            "1.3",
            "vv1.3.0",
            "release/1.3.0",
            "1.3.0_final",
        ] {
            world.git(&["tag", tag]);
        }
        assert_eq!(world.versions(None).unwrap(), ["1.2.0", "1.3.0"]);
        assert_eq!(world.find(&first).unwrap().lock(), first);
        assert_eq!(world.find(&second).unwrap().lock(), second);
        assert_eq!(world.versions(Some("latest")).unwrap(), ["1.3.0"]);
        let kept = world.find(&first).unwrap().folder;
        assert!(!kept.join(".git").exists(), "the history is not kept");
    });
}

/// Most cores have versions from before they were released with Enact.
#[test]
fn a_tag_without_a_release_is_passed_over() {
    alone("git::a_tag_without_a_release_is_passed_over", &[], || {
        let world = World::new();
        world.commit();
        world.git(&["tag", "v0.9.0"]);
        let lock = world.tagged("v1.0.0", "1.0.0", &["sites"]);
        assert_eq!(world.versions(None).unwrap(), ["1.0.0"]);
        assert_eq!(world.find(&lock).unwrap().lock(), lock);
        // But not where it is the one that is asked for.
        let (doing, message) = failed(world.versions(Some("v0.9.0")));
        assert_eq!(doing, "tag v0.9.0");
        assert!(message.contains("there is no manifest.json"), "{message}");
    });
}

#[test]
fn a_broken_tag_does_not_block_the_pinned_one() {
    alone(
        "git::a_broken_tag_does_not_block_the_pinned_one",
        &[],
        || {
            let world = World::new();
            world.tagged("v0.8.0", "0.8.0", &["sites"]);
            world.tagged("v1.0.0", "1.0.0", &["sites"]);
            fs::write(
                world.core.join("release/migrations/001_sites.sql"),
                "SELECT 1;\n",
            )
            .unwrap();
            world.commit();
            world.git(&["tag", "--force", "v1.0.0"]);
            let lock = world.tagged("v1.1.0", "1.1.0", &["sites", "visits"]);
            assert_eq!(world.find(&lock).unwrap().lock(), lock);
            assert_eq!(
                crate::source::kept(&world.root).len(),
                1,
                "no other tag was read"
            );
            let error = world.versions(None).unwrap_err().to_string();
            assert!(
                error.contains("it was changed after the release"),
                "{error}"
            );
        },
    );
}

#[test]
fn a_release_that_is_tagged_anew_is_not_the_pinned_one() {
    alone(
        "git::a_release_that_is_tagged_anew_is_not_the_pinned_one",
        &[],
        || {
            let world = World::new();
            let first = world.tagged("v1.3.0", "1.3.0", &["sites"]);
            world.find(&first).unwrap();
            let second = world.tagged("v1.3.0", "1.3.0", &["visits"]);
            // What is kept are the pinned bytes; where nothing is kept, the new ones are refused.
            assert_eq!(world.find(&first).unwrap().lock(), first);
            let elsewhere = world.place.path().join("elsewhere");
            fs::create_dir(&elsewhere).unwrap();
            match find(&elsewhere, &world.source(None), &first).unwrap_err() {
                SourceError::Other { wanted, found, .. } => {
                    assert_eq!((wanted, found), (first.manifest, second.manifest));
                }
                other => panic!("{other}"),
            }
            assert_eq!(world.find(&second).unwrap().lock(), second);
        },
    );
}

#[test]
fn two_tags_of_one_version_hold_one_release() {
    alone("git::two_tags_of_one_version_hold_one_release", &[], || {
        let world = World::new();
        let first = world.tagged("v1.3.0", "1.3.0", &["sites"]);
        world.git(&["tag", "1.3.0"]);
        assert_eq!(world.versions(None).unwrap(), ["1.3.0"]);
        world.tagged("1.3.0", "1.3.0", &["visits"]);
        let error = world.versions(None).unwrap_err();
        assert!(matches!(error, SourceError::Ambiguous { .. }), "{error}");
        assert_eq!(world.find(&first).unwrap().lock(), first);
    });
}

/// Tags are often protected, branches seldom.
#[test]
fn a_branch_does_not_stand_in_for_a_tag() {
    alone("git::a_branch_does_not_stand_in_for_a_tag", &[], || {
        let world = World::new();
        let tagged = world.tagged("v1.3.0", "1.3.0", &["sites"]);
        world.git(&["checkout", "--quiet", "-b", "v1.3.0"]);
        world.release("release", "1.3.0", &["visits"]);
        world.git(&["branch", "v1.4.0", "refs/heads/v1.3.0"]);
        assert_eq!(world.find(&tagged).unwrap().lock(), tagged);
        let offers = offers(&world.root, &world.source(Some("v1.3.0"))).unwrap();
        assert_eq!(offers[0].digest, tagged.manifest);
        assert_eq!(failed(world.versions(Some("v1.4.0"))).0, "fetch");
    });
}

#[test]
fn what_looks_like_an_option_is_none() {
    alone("git::what_looks_like_an_option_is_none", &[], || {
        let world = World::new();
        let lock = world.tagged("v1.3.0", "1.3.0", &["sites"]);
        let mark = world.place.path().join("mark");
        // Where an option takes the place of the URL, git would go to the remote of the repository that it stands in.
        let origin = world.core.display().to_string();
        let root = world.root.display().to_string();
        world.git(&["init", "--quiet", &root]);
        world.git(&["-C", &root, "remote", "add", "origin", &origin]);
        for option in ["--upload-pack", "-u", "--config=core.sshCommand", "--exec"] {
            let evil = format!("{option}=touch {};:", mark.display());
            failed(world.versions(Some(&evil)));
            for tag in [None, Some("v1.3.0".to_owned())] {
                let source = Source::Git {
                    url: evil.clone(),
                    tag,
                };
                failed(offers(&world.root, &source));
                failed(find(&world.root, &source, &lock));
            }
        }
        let source = Source::Git {
            url: format!("ext::touch {}", mark.display()),
            tag: None,
        };
        failed(offers(&world.root, &source));
        assert!(!mark.exists(), "nothing was run");
    });
}

#[test]
fn links_in_a_tree_lead_nowhere() {
    alone("git::links_in_a_tree_lead_nowhere", &[], || {
        let world = World::new();
        let lock = world.tagged("v1.3.0", "1.3.0", &["sites"]);
        let file = world.core.join("release/migrations/001_sites.sql");
        let secret = world.place.path().join("secret");
        fs::rename(&file, &secret).unwrap();
        symlink(&secret, &file).unwrap();
        world.commit();
        world.git(&["tag", "--force", "v1.3.0"]);
        let error = world.find(&lock).unwrap_err().to_string();
        assert!(
            error.contains("it was changed after the release"),
            "{error}"
        );
        fs::rename(world.core.join("release"), world.place.path().join("other")).unwrap();
        symlink(world.place.path().join("other"), world.core.join("release")).unwrap();
        world.commit();
        world.git(&["tag", "--force", "v1.4.0"]);
        let (_, message) = failed(world.versions(Some("v1.4.0")));
        assert!(message.contains("there is no manifest.json"), "{message}");
    });
}

//! Releases from git on machines with settings of their own, or without git.

use std::env;
use std::fs;
use std::path::Path;

use enact_release::{Source, find, offers};

use crate::git::{World, failed};
use crate::kit;
use crate::process::alone;
use crate::source::kept;

#[test]
fn a_path_is_read_from_the_folder_that_one_stands_in() {
    let name = "machine::a_path_is_read_from_the_folder_that_one_stands_in";
    alone(name, &[], || {
        let world = World::new();
        let lock = world.tagged("v1.3.0", "1.3.0", &["sites"]);
        env::set_current_dir(world.place.path()).unwrap();
        let url = "core".to_owned();
        let source = Source::Git { url, tag: None };
        assert_eq!(
            find(Path::new("root"), &source, &lock).unwrap().lock(),
            lock
        );
        assert_eq!(offers(Path::new("root"), &source).unwrap().len(), 1);
    });
}

/// `.gitattributes` of a tree decide about line ends, whatever the sponsor has set.
#[test]
fn line_ends_of_a_checkout_are_no_change_of_sql() {
    alone(
        "machine::line_ends_of_a_checkout_are_no_change_of_sql",
        &[],
        || {
            let world = World::new();
            fs::write(world.core.join(".gitattributes"), "*.sql text eol=crlf\n").unwrap();
            let lock = world.tagged("v1.3.0", "1.3.0", &["sites"]);
            let found = world.find(&lock).unwrap();
            let text = fs::read_to_string(found.folder.join("migrations/001_sites.sql")).unwrap();
            assert!(text.contains("\r\n"), "{text:?}");
        },
    );
}

/// Nor does what a sponsor has set change a document, where the tree leaves line ends to the machine.
#[test]
fn line_ends_of_a_machine_are_those_of_the_release() {
    let settings = [
        ("GIT_CONFIG_COUNT", "1"),
        ("GIT_CONFIG_KEY_0", "core.eol"),
        ("GIT_CONFIG_VALUE_0", "crlf"),
    ];
    let name = "machine::line_ends_of_a_machine_are_those_of_the_release";
    alone(name, &settings, || {
        let world = World::new();
        fs::write(world.core.join(".gitattributes"), "* text=auto\n").unwrap();
        let lock = world.tagged("v1.3.0", "1.3.0", &["sites"]);
        assert_eq!(world.find(&lock).unwrap().lock(), lock);
    });
}

/// As in a hook, where git names the repository whose hook it is.
#[test]
fn the_repository_of_a_hook_is_left_alone() {
    let hook = tempfile::tempdir().unwrap();
    let inner = |name: &str| hook.path().join(name).display().to_string();
    let (dir, tree, index) = (inner("dir"), inner("tree"), inner("index"));
    let settings = [
        ("GIT_DIR", dir.as_str()),
        ("GIT_WORK_TREE", &tree),
        ("GIT_INDEX_FILE", &index),
    ];
    alone(
        "machine::the_repository_of_a_hook_is_left_alone",
        &settings,
        || {
            let world = World::new();
            let lock = world.tagged("v1.3.0", "1.3.0", &["sites"]);
            assert_eq!(world.find(&lock).unwrap().lock(), lock);
            assert_eq!(world.versions(None).unwrap(), ["1.3.0"]);
        },
    );
    assert!(
        kit::files(hook.path()).is_empty(),
        "{:?}",
        kit::files(hook.path()).keys()
    );
}

#[test]
fn no_git_is_said_to_be_no_git() {
    let settings = [("PATH", "/nowhere")];
    alone("machine::no_git_is_said_to_be_no_git", &settings, || {
        let root = tempfile::tempdir().unwrap();
        for tag in [None, Some("v1.3.0".to_owned())] {
            let source = Source::Git {
                url: "https://git.example/core.git".to_owned(),
                tag,
            };
            let (_, message) = failed(offers(root.path(), &source));
            assert!(
                message.contains("the program git is not there"),
                "{message}"
            );
        }
    });
}

#[test]
fn a_repository_that_is_not_there_is_said_so() {
    alone(
        "machine::a_repository_that_is_not_there_is_said_so",
        &[],
        || {
            let world = World::new();
            let nowhere = |tag: Option<&str>| Source::Git {
                url: world.place.path().join("nowhere").display().to_string(),
                tag: tag.map(str::to_owned),
            };
            for tag in [None, Some("v1.3.0")] {
                let (_, message) = failed(offers(&world.root, &nowhere(tag)));
                assert!(message.contains("nowhere"), "{message}");
            }
            // And a tag that is not there.
            world.commit();
            let (_, message) = failed(world.versions(Some("v9.9.9")));
            assert!(message.contains("v9.9.9"), "{message}");
            assert!(kept(&world.root).is_empty(), "{:?}", kept(&world.root));
        },
    );
}

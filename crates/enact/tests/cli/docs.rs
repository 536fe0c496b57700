//! What the documentation promises to be complete about.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use enact_engine::exit::Exit;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn every_exit_code_has_its_page() {
    let pages: Vec<String> = fs::read_dir(root().join("docs/errors"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    for exit in Exit::ALL {
        let start = format!("{:02}-", exit.code());
        assert!(
            pages.iter().any(|page| page.starts_with(&start)),
            "no page for {exit:?}"
        );
    }
    let codes: BTreeSet<u8> = Exit::ALL.iter().map(|exit| exit.code()).collect();
    let numbered = pages.iter().filter_map(|page| page.get(..2)?.parse().ok());
    assert_eq!(numbered.collect::<BTreeSet<u8>>(), codes);
}

#[test]
fn every_document_is_described() {
    let reference = fs::read_to_string(root().join("docs/reference/json.md")).unwrap();
    let mut found = 0;
    for name in schemas(&root().join("crates/enact/src")) {
        assert!(reference.contains(&name), "{name} is not described");
        found += 1;
    }
    assert!(found >= 14, "{found} documents found");
}

/// Every `"enact.<name>/<version>"` in the sources below `folder`.
fn schemas(folder: &Path) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            names.extend(schemas(&path));
        } else {
            let text = fs::read_to_string(&path).unwrap_or_default();
            let quoted = text.split('"').filter(|part| {
                let name = part
                    .strip_prefix("enact.")
                    .and_then(|part| part.strip_suffix("/1"));
                name.is_some_and(|name| name.bytes().all(|byte| byte.is_ascii_lowercase()))
            });
            names.extend(quoted.map(str::to_owned));
        }
    }
    names
}

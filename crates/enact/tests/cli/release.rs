//! Releases of the core: what is refused, what is written, what a sponsor pins.

use std::fs;
use std::process::Command;

use crate::said;
use crate::world::World;

const FOLDER: &str = "core/releases/clinical-diary-database-1.0.0";

#[test]
fn a_release_is_a_folder_and_an_archive() {
    let world = World::new();
    said!(world.env, world.enact("core", "release 1.0.0"), @r"
        exit: 0
        ----- stdout -----
        @clinical-diary/database 1.0.0: 1 migration (1 new), proven on PostgreSQL [PG]
          releases/clinical-diary-database-1.0.0/
          releases/clinical-diary-database-1.0.0.tgz  sha256:[SHA256]
        manifest sha256:[SHA256]

        ----- stderr -----
        ");
    let manifest: serde_json::Value =
        serde_json::from_str(&world.read(&format!("{FOLDER}/manifest.json"))).unwrap();
    assert_eq!(manifest["schema"], "enact.release/1");
    assert_eq!(manifest["date"], "2026-01-01");
    assert_eq!(manifest["notes"], "- Sites");
    assert_eq!(
        manifest["migrations"][0]["file"],
        "migrations/001_sites.sql"
    );
    let package: serde_json::Value =
        serde_json::from_str(&world.read(&format!("{FOLDER}/package.json"))).unwrap();
    assert_eq!(package["name"], "@clinical-diary/database");
    // Once more changes nothing.
    world.done("core", "release 1.0.0");
}

#[test]
fn a_major_that_is_named_twice_is_proven_once() {
    let world = World::new();
    let major = crate::kit::pg().major();
    let release = format!("release 1.0.0 --prove-on {major} --prove-on {major}");
    world.done("core", &release);
    let manifest: serde_json::Value =
        serde_json::from_str(&world.read(&format!("{FOLDER}/manifest.json"))).unwrap();
    let proven = manifest["proven"].as_array().unwrap();
    assert_eq!(proven.len(), 1, "{proven:?}");
    assert_eq!(proven[0]["major"], major);
}

#[test]
fn the_same_files_give_the_same_bytes_elsewhere() {
    let world = World::new();
    world.env.write(
        "core/shared/columns.sql",
        "CREATE TABLE diary.visits (id int PRIMARY KEY);\n",
    );
    world.core(
        "002_visits",
        "\\ir ../shared/columns.sql",
        "DROP TABLE diary.visits;",
    );
    world.done("core", "release 1.0.0");
    world.done("core", "release 1.0.0 --out elsewhere --format json");
    for file in [
        "manifest.json",
        "package.json",
        "README.md",
        "migrations/002_visits.sql",
    ] {
        let name = "clinical-diary-database-1.0.0";
        let one = world.read(&format!("core/releases/{name}/{file}"));
        assert_eq!(
            one,
            world.read(&format!("elsewhere/{name}/{file}")),
            "{file}"
        );
    }
    let archive = "clinical-diary-database-1.0.0.tgz";
    let bytes = |folder| fs::read(world.path(&format!("{folder}/{archive}"))).unwrap();
    assert_eq!(bytes("core/releases"), bytes("elsewhere"));
    let text = world.read(&format!("{FOLDER}/migrations/002_visits.sql"));
    assert!(
        text.contains("CREATE TABLE diary.visits"),
        "what is included is in it: {text}"
    );
}

#[test]
fn what_is_not_in_order_is_not_released() {
    let world = World::new();
    // No rollback.
    world.env.write(
        "core/migrations/002_visits.sql",
        "CREATE TABLE diary.visits (id int PRIMARY KEY);\n",
    );
    world.left("core", "release 1.0.0", 30);
    // Lint.
    world.core(
        "002_visits",
        "ALTER TABLE diary.sites RENAME TO places;",
        "ALTER TABLE diary.places RENAME TO sites;",
    );
    said!(world.env, world.enact("core", "release 1.0.0"), @r"
        exit: 31
        ----- stdout -----

        ----- stderr -----
        error[lint-findings]: lint found 1 fault
          lint: migrations/002_visits.sql:6: diary.sites is called places from now on (rename-table)
          effect: nothing was released
        next: enact lint
        ");
    // A rollback that does not restore.
    world.core(
        "002_visits",
        "CREATE TABLE diary.visits (id int PRIMARY KEY);",
        "SELECT 1;",
    );
    let refused = world.left("core", "release 1.0.0", 37);
    assert!(
        refused.stderr.contains("not everything is proven"),
        "{refused}"
    );
    // A migration that fails.
    world.core(
        "002_visits",
        "CREATE TABLE diary.sites (id int PRIMARY KEY);",
        "SELECT 1;",
    );
    world.left("core", "release 1.0.0", 35);
    assert!(!world.path("core/releases").exists(), "nothing was written");
}

#[test]
fn a_version_has_to_make_sense() {
    let world = World::new();
    world.left("core", "release", 2);
    world.left("core", "release 1.0", 2);
    said!(world.env, world.enact("core", "release 9.0.0"), @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error[usage]: [DIR]/core/CHANGELOG.md does not speak of 9.0.0
        next: write what is new under `## 9.0.0 - YYYY-MM-DD` in [DIR]/core/CHANGELOG.md
        ");
    said!(world.env, world.enact("orion", "release 1.0.0"), @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error[usage]: only the core is released: this is a sponsor's repository
        next: release in the core's repository; here a release is taken with `enact pin`
        ");
    said!(world.env, world.enact("core", "release 1.0.0 --hotfix"), @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error[usage]: --hotfix needs --severity and --reason
        next: enact release 1.0.0 --hotfix --severity low|moderate|high|critical --reason 'WHY'
        ");
    world.done("core", "release 1.1.0");
    said!(world.env, world.enact("core", "release 1.0.0"), @r"
        exit: 38
        ----- stdout -----

        ----- stderr -----
        error[refused]: 1.0.0 is lower than 1.1.0, which is released
          effect: nothing was released
        next: the core has one line of releases: take the next version after the last
        ");
}

#[test]
fn what_was_released_does_not_change() {
    let world = World::new();
    world.done("core", "release 1.0.0");
    world.visits();
    // The same version with other contents.
    let refused = world.left("core", "release 1.0.0", 32);
    assert!(
        refused.stderr.contains("is there with other contents"),
        "{refused}"
    );
    world.core(
        "001_sites",
        "CREATE SCHEMA diary;\nCREATE TABLE diary.sites (id bigint PRIMARY KEY);",
        "DROP TABLE diary.sites;\nDROP SCHEMA diary;",
    );
    said!(world.env, world.enact("core", "release 1.1.0"), @r"
        exit: 32
        ----- stdout -----

        ----- stderr -----
        error[history-disagrees]: what 1.0.0 released is not what is here
          changed: 001_sites was changed
          effect: nothing was released
        next: restore the files; what must be different is a new migration
        ");
}

#[test]
fn what_was_released_counts_wherever_the_next_one_is_written() {
    let world = World::new();
    world.done("core", "release 1.0.0");
    let log = world.read("core/CHANGELOG.md");
    world.env.write(
        "core/CHANGELOG.md",
        format!("{log}\n## 0.9.0\n\n- Before\n"),
    );
    world.left("core", "release 0.9.0 --out elsewhere", 38);
    world.visits();
    let other = world.left("core", "release 1.0.0 --out elsewhere", 32);
    assert!(
        other.stderr.contains("is there with other contents"),
        "{other}"
    );
    world.core(
        "001_sites",
        "CREATE SCHEMA diary;\nCREATE TABLE diary.sites (id bigint PRIMARY KEY);",
        "DROP TABLE diary.sites;\nDROP SCHEMA diary;",
    );
    world.left("core", "release 1.1.0 --out elsewhere", 32);
    assert!(!world.path("elsewhere").exists(), "nothing was written");
}

#[test]
fn a_pin_takes_the_highest_release_that_is_asked_for() {
    let world = World::pinned();
    let lock = world.read("orion/enact.lock");
    assert!(
        lock.contains("version = \"1.0.0\"") && lock.contains("name = \"sites\""),
        "{lock}"
    );
    world.visits();
    world.done("core", "release 1.1.0");
    world
        .env
        .write("core/CHANGELOG.md", world.read("core/CHANGELOG.md"));
    world.core(
        "003_fix",
        "CREATE INDEX CONCURRENTLY visits_id ON diary.visits (id);",
        "DROP INDEX CONCURRENTLY diary.visits_id;",
    );
    let hotfix = world.env.enact([
        "--config",
        "core/enact.toml",
        "release",
        "1.1.1",
        "--hotfix",
        "--severity",
        "critical",
        "--reason",
        "reports time out",
    ]);
    assert_eq!(hotfix.code, Some(0), "{hotfix}");
    world.sponsor("~1.0.0", "{ path = \"../core/releases\" }");
    said!(world.env, world.enact("orion", "outdated"), @r"
        exit: 0
        ----- stdout -----
        @clinical-diary/database 1.0.0, [DAYS] days old
          1.1.1 2026-01-20  2 migrations, outside ~1.0.0  hotfix, critical: reports time out
          1.1.0 2026-01-10  1 migration, outside ~1.0.0

        ----- stderr -----
        ");
    said!(world.env, world.enact("orion", "release diff core/releases/clinical-diary-database-1.0.0 core/releases/clinical-diary-database-1.1.1.tgz"), @r"
        exit: 0
        ----- stdout -----
        @clinical-diary/database 1.0.0 -> 1.1.1
        hotfix, critical: reports time out
          + core:002_visits
              CREATE TABLE
          + core:003_fix
              CREATE INDEX
          + column diary.visits.id
          + constraint diary.visits.visits_pkey
          + index diary.visits_id
          + index diary.visits_pkey
          + table diary.visits

        ----- stderr -----
        ");
    world.sponsor("^1.0.0", "{ path = \"../core/releases\" }");
    world.left("orion", "outdated --exit-code", 4);
    said!(world.env, world.enact("orion", "pin"), @r"
        exit: 0
        ----- stdout -----
        @clinical-diary/database 1.0.0 -> 1.1.1 (^1.0.0 in enact.toml)
          hotfix, critical: reports time out
          + core:002_visits
          + core:003_fix

        ----- stderr -----
        ");
    said!(world.env, world.enact("orion", "pin --check"), @r"
        exit: 0
        ----- stdout -----
        @clinical-diary/database is pinned to 1.1.1 (^1.0.0 in enact.toml)

        ----- stderr -----
        ");
    said!(world.env, world.enact("orion", "outdated"), @r"
        exit: 0
        ----- stdout -----
        @clinical-diary/database 1.1.1, [DAYS] days old
          nothing newer

        ----- stderr -----
        ");
}

#[test]
fn a_pin_refuses_what_cannot_be_right() {
    let world = World::pinned();
    world.visits();
    world.done("core", "release 1.1.0");
    // A range that nothing is in.
    world.sponsor("^2.0.0", "{ path = \"../core/releases\" }");
    said!(world.env, world.enact("orion", "pin"), @r"
        exit: 38
        ----- stdout -----

        ----- stderr -----
        error[refused]: no release of @clinical-diary/database is in ^2.0.0 (enact.toml)
          there is: 1.0.0
          there is: 1.1.0
          effect: enact.lock is as it was
        next: ask for another range, or have the release that it names made or installed
        ");
    world.left("orion", "pin --check", 32);
    // Withdrawn.
    world.sponsor("^1.0.0", "{ path = \"../core/releases\" }");
    world.env.write(
        "core/releases/yanked.json",
        "{\"1.1.0\": \"loses visits\"}\n",
    );
    world.done("orion", "pin");
    assert!(
        world
            .read("orion/enact.lock")
            .contains("version = \"1.0.0\"")
    );
    world.sponsor("1.1.0", "{ path = \"../core/releases\" }");
    said!(world.env, world.enact("orion", "pin"), @r"
        exit: 38
        ----- stdout -----

        ----- stderr -----
        error[refused]: every release of @clinical-diary/database in 1.1.0 (enact.toml) was withdrawn
          there is: 1.0.0
          there is: 1.1.0, withdrawn: loses visits
          effect: enact.lock is as it was
        next: have the core team release what mends it, or ask for another range
        ");
    fs::remove_file(world.path("core/releases/yanked.json")).unwrap();
    // Down.
    world.done("orion", "pin");
    world.sponsor("1.0.0", "{ path = \"../core/releases\" }");
    said!(world.env, world.enact("orion", "pin"), @r"
        exit: 38
        ----- stdout -----

        ----- stderr -----
        error[refused]: 1.0.0 is lower than 1.1.0, which is pinned
          effect: enact.lock is as it was
        next: enact pin --allow-downgrade, if no database has what the higher one brought
        ");
    world.done("orion", "apply -e staging");
    world.done("orion", "pin --allow-downgrade");
    said!(world.env, world.enact("orion", "apply -e staging"), @r"
        exit: 32
        ----- stdout -----

        ----- stderr -----
        error[history-disagrees]: the ledger and the files disagree
          file: 002_visits: applied, and the pinned release 1.0.0 does not have it
          effect: nothing was changed
        next: enact pin: a release that has it; what was applied is not taken out of a release
        ");
    said!(world.env, world.enact("orion", "amend core:001 -e staging --reason why"), @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error[usage]: `core:001` is released: nobody changes it here
        next: what must be different is the core team's to release
        ");
}

#[test]
fn bytes_that_were_not_released_are_refused() {
    let world = World::pinned();
    world.done("orion", "apply -e staging");
    // A file of the release was edited.
    let file = format!("{FOLDER}/migrations/001_sites.sql");
    let text = world.read(&file);
    world.env.write(&file, text.replace("int", "bigint"));
    said!(world.env, world.enact("orion", "status -e staging"), @r"
        exit: 32
        ----- stdout -----

        ----- stderr -----
        error[history-disagrees]: the core release that this repository builds on cannot be used
          problem: [DIR]/orion/../core/releases/clinical-diary-database-1.0.0/migrations/001_sites.sql is not the file that the manifest of 1.0.0 names: it was changed after the release
        next: install the release anew; nobody edits a released file
        ");
    world.left("orion", "apply -e staging", 32);
    world.env.write(&file, &text);
    // One that does not belong to it.
    world
        .env
        .write(format!("{FOLDER}/migrations/002_more.sql"), "SELECT 1;\n");
    let refused = world.left("orion", "pin --check", 32);
    assert!(
        refused.stderr.contains("does not belong to release 1.0.0"),
        "{refused}"
    );
    fs::remove_file(world.path(&format!("{FOLDER}/migrations/002_more.sql"))).unwrap();
    // The lock file was edited.
    let lock = world.read("orion/enact.lock");
    let edited = lock.replace("name = \"sites\"", "name = \"places\"");
    world.env.write("orion/enact.lock", edited);
    said!(world.env, world.enact("orion", "pin --check"), @r"
        exit: 32
        ----- stdout -----

        ----- stderr -----
        error[history-disagrees]: the core release that this repository builds on cannot be used
          problem: enact.lock was edited by hand: what it says of 1.0.0 is not what the release says
        next: restore enact.lock from version control, or run `enact pin`
        ");
    world.env.write(
        "orion/enact.lock",
        lock.replace("manifest = \"sha256:", "manifest = \"sha256:0"),
    );
    world.left("orion", "apply -e staging", 32);
    world.env.write("orion/enact.lock", &lock);
    // Another release under the same version.
    fs::remove_dir_all(world.path("core/releases")).unwrap();
    world.env.write(
        "core/CHANGELOG.md",
        "## 1.0.0 - 2026-01-02\n\n- Other words\n",
    );
    world.done("core", "release 1.0.0");
    said!(world.env, world.enact("orion", "pin"), @r"
        exit: 32
        ----- stdout -----

        ----- stderr -----
        error[history-disagrees]: the source has another 1.0.0 than the one that is pinned
          pinned: sha256:[SHA256]
          there: sha256:[SHA256]
          effect: enact.lock is as it was
        next: a release never changes: find out who changed it, before anything is applied
        ");
    world.left("orion", "apply -e staging", 32);
    // Two of them.
    fs::rename(world.path(FOLDER), world.path("core/releases/other")).unwrap();
    fs::remove_file(world.path(&format!("{FOLDER}.tgz"))).unwrap();
    world.env.write(
        "core/CHANGELOG.md",
        "## 1.0.0 - 2026-01-03\n\n- Still others\n",
    );
    let refused = world.left("orion", "pin", 32);
    assert!(refused.stderr.contains("another 1.0.0"), "{refused}");
    fs::rename(world.path("core/releases"), world.path("kept")).unwrap();
    world.done("core", "release 1.0.0 --out second");
    fs::rename(world.path("kept"), world.path("core/releases")).unwrap();
    fs::rename(
        world.path("second/clinical-diary-database-1.0.0"),
        world.path("core/releases/second"),
    )
    .unwrap();
    let refused = world.left("orion", "pin", 32);
    assert!(
        refused
            .stderr
            .contains("is there twice with different contents"),
        "{refused}"
    );
}

#[test]
fn a_release_comes_from_an_archive_a_package_of_npm_or_a_tag() {
    let world = World::pinned();
    let lock = world.read("orion/enact.lock");
    let sources = [
        "{ archive = \"../core/releases/clinical-diary-database-1.0.0.tgz\" }",
        "{ npm = \"node_modules/@clinical-diary/database\" }",
        "{ git = \"../tagged\", tag = \"v1.0.0\" }",
        "{ git = \"../tagged\" }",
    ];
    let copy = |to: &str| {
        fs::create_dir_all(world.path(to).parent().unwrap()).unwrap();
        let copied = Command::new("cp")
            .arg("-r")
            .arg(world.path(FOLDER))
            .arg(world.path(to))
            .status();
        assert!(copied.unwrap().success());
    };
    copy("orion/node_modules/@clinical-diary/database");
    copy("tagged/release");
    let script = "git init -q && git add -A && git -c user.name=a -c user.email=a@example.org commit -qm r && git tag v1.0.0 && git tag other";
    let tagged = Command::new("sh")
        .args(["-c", script])
        .current_dir(world.path("tagged"))
        .status();
    assert!(tagged.unwrap().success());
    for source in sources {
        world.sponsor("^1.0.0", source);
        world.done("orion", "pin");
        assert_eq!(world.read("orion/enact.lock"), lock, "{source}");
        world.done("orion", "apply -e staging");
        assert!(
            world.read("orion/.enact/.gitignore").contains('*') || source.contains("npm"),
            "{source}"
        );
    }
    fs::remove_dir_all(world.path("orion/.enact")).unwrap();
    fs::remove_dir_all(world.path("tagged")).unwrap();
    let refused = world.left("orion", "status -e staging", 32);
    assert!(refused.stderr.contains("git"), "{refused}");
}

#[test]
fn the_range_may_stand_in_a_pubspec_or_a_package_json() {
    let world = World::new();
    world.done("core", "release 1.0.0");
    world.env.write(
        "orion/pubspec.yaml",
        "name: app\ndependencies:\n  clinical_diary_database: ^1.0.0\n",
    );
    world.sponsor_with("version_from = \"pubspec.yaml\"\nsource = { path = \"../core/releases\" }");
    world.done("orion", "pin");
    world.env.write(
        "orion/pubspec.yaml",
        "name: app\ndependencies:\n  clinical_diary_database: ~1.0\n",
    );
    said!(world.env, world.enact("orion", "pin"), @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error[usage]: [DIR]/orion/pubspec.yaml
          cause: `~1.0` is no version constraint: write it as in pubspec.yaml, such as ^1.3.0, >=1.2.0 <2.0.0 or any
          effect: enact.lock is as it was
        next: write into pubspec.yaml which releases are wanted
        ");
    world.env.write(
        "orion/package.json",
        "{\"dependencies\": {\"@clinical-diary/database\": \"~1.0\"}}\n",
    );
    world.sponsor("one", "{ path = \"../core/releases\" }");
    said!(world.env, world.enact("orion", "pin"), @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error[usage]: enact.toml: `one` is no range: write it as in package.json, such as ^1.3.0, ~1.3 or >=1.2.0 <2.0.0
          effect: enact.lock is as it was
        next: correct `version` of [core] in enact.toml
        ");
    world.sponsor_with("version_from = \"package.json\"\nsource = { path = \"../core/releases\" }");
    said!(world.env, world.enact("orion", "pin --format json"), @r#"
        exit: 0
        ----- stdout -----
        {
          "schema": "enact.pin/1",
          "package": "@clinical-diary/database",
          "version": "1.0.0",
          "range": "~1.0",
          "range_from": "package.json",
          "manifest": "sha256:[SHA256]",
          "gained": [],
          "changed": false
        }

        ----- stderr -----
        "#);
}

#[test]
fn a_release_withdraws_earlier_ones_wherever_it_goes() {
    let world = World::pinned();
    world.visits();
    world.done("core", "release 1.1.0");
    world.done("orion", "pin");
    let config = world.read("core/enact.toml");
    let withdrawn = "withdrawn = { \"1.1.0\" = \"loses visits\" }";
    world
        .env
        .write("core/enact.toml", format!("{config}{withdrawn}\n"));
    let refused = world.left("core", "release 1.1.0", 2);
    assert!(
        refused
            .stderr
            .contains("1.1.0 is withdrawn by enact.toml: loses visits"),
        "{refused}"
    );
    world.done("core", "release 1.1.1");
    // From then on every source that has both says so.
    said!(world.env, world.enact("orion", "pin --check"), @r"
        exit: 0
        ----- stdout -----
        @clinical-diary/database is pinned to 1.1.0 (^1.0.0 in enact.toml)

        ----- stderr -----
        warning: 1.1.0 was withdrawn: loses visits
        ");
    for line in ["status -e staging", "plan -e staging", "apply -e staging"] {
        let told = world.done("orion", line);
        let warning = "warning: 1.1.0 was withdrawn: loses visits";
        assert_eq!(told.stderr.matches(warning).count(), 1, "{line}\n{told}");
    }
    // Also where only an archive says so, once it was unpacked.
    let withdrawing = "core/releases/clinical-diary-database-1.1.1";
    fs::remove_dir_all(world.path(withdrawing)).unwrap();
    let told = world.done("orion", "status -e staging");
    assert!(told.stderr.contains("1.1.0 was withdrawn"), "{told}");
    world.sponsor("~1.1.0", "{ path = \"../core/releases\" }");
    world.done("orion", "pin");
    assert!(
        world
            .read("orion/enact.lock")
            .contains("version = \"1.1.1\"")
    );
}

#[test]
fn what_npm_installed_from_a_file_is_taken_as_it_is() {
    let world = World::pinned();
    world.sponsor_with(&format!(
        "version_from = \"package.json\"\nsource = {{ npm = \"../{FOLDER}\" }}"
    ));
    world.env.write(
        "orion/package.json",
        r#"{"dependencies": {"@clinical-diary/database": "file:database-1.0.0.tgz"}}"#,
    );
    said!(world.env, world.enact("orion", "pin"), @r"
        exit: 0
        ----- stdout -----
        @clinical-diary/database is pinned to 1.0.0 (file:database-1.0.0.tgz in package.json)

        ----- stderr -----
        ");
}

#[test]
fn a_later_release_that_lacks_a_pinned_migration_is_refused() {
    let world = World::pinned();
    world.visits();
    world.done("core", "release 1.1.0");
    world.done("orion", "pin");
    // Made anew from a core that never had the second migration.
    fs::remove_dir_all(world.path("core/releases")).unwrap();
    fs::remove_file(world.path("core/migrations/002_visits.sql")).unwrap();
    fs::remove_file(world.path("core/migrations/rollback/002_rollback.sql")).unwrap();
    world.done("core", "release 1.1.1");
    said!(world.env, world.enact("orion", "pin"), @r"
        exit: 32
        ----- stdout -----

        ----- stderr -----
        error[history-disagrees]: 1.1.1 does not hold the migrations of 1.1.0 under the same numbers
          other or gone: 002_visits
          effect: enact.lock is as it was
        next: tell the core team: what was released does not change
        ");
}

#[test]
fn an_archive_that_reaches_out_is_refused() {
    let world = World::pinned();
    let name = "clinical-diary-database-1.0.0";
    let lock = world.read("orion/enact.lock");
    let made = [
        // Absolute, and above the folder it is unpacked into.
        (
            "absolute",
            "tar -czPf bad.tgz \"$PWD/package/manifest.json\"",
        ),
        (
            "above",
            "mkdir -p in && cd in && tar -czPf ../bad.tgz ../package/manifest.json",
        ),
        (
            "link",
            "ln -s /etc/hostname package/migrations/002_link.sql && tar -czf bad.tgz package && rm package/migrations/002_link.sql",
        ),
        (
            "bomb",
            "truncate -s 300M package/migrations/002_bomb.sql && tar -czf bad.tgz package && rm package/migrations/002_bomb.sql",
        ),
        (
            "cut",
            "tar -czf whole.tgz package && head -c 700 whole.tgz > bad.tgz",
        ),
        ("no archive", "echo no archive > bad.tgz"),
    ];
    let shell = |script: &str| {
        let mut command = Command::new("sh");
        let done = command.args(["-ec", script]).current_dir(world.path(""));
        assert!(done.status().unwrap().success(), "{script}");
    };
    shell(&format!("cp -r core/releases/{name} package"));
    world.sponsor("^1.0.0", "{ archive = \"../bad.tgz\" }");
    let kept = || -> Vec<String> {
        let kept = fs::read_dir(world.path("orion/.enact/releases")).unwrap();
        kept.map(|entry| entry.unwrap().file_name().display().to_string())
            .collect()
    };
    let before = kept();
    let mut said = String::new();
    for (what, script) in made {
        shell(script);
        let refused = world.left("orion", "pin", 32);
        let dir = world.path("").display().to_string();
        said += &format!("{what}\n{}", refused.stderr.replace(&dir, "[DIR]/"));
        assert_eq!(world.read("orion/enact.lock"), lock, "{what}");
        assert_eq!(kept(), before, "{what}");
    }
    insta::assert_snapshot!(said, @r"
        absolute
        error[history-disagrees]: [DIR]/orion/../bad.tgz is not used
          cause: `[DIR]/package/manifest.json` in it leads out of it: a package holds regular files below `package/` alone
          effect: nothing was changed
        next: have the release made or installed again
        above
        error[history-disagrees]: [DIR]/orion/../bad.tgz is not used
          cause: `../package/manifest.json` in it leads out of it: a package holds regular files below `package/` alone
          effect: nothing was changed
        next: have the release made or installed again
        link
        error[history-disagrees]: [DIR]/orion/../bad.tgz is not used
          cause: `package/migrations/002_link.sql` in it is no regular file: a package holds regular files below `package/` alone
          effect: nothing was changed
        next: have the release made or installed again
        bomb
        error[history-disagrees]: [DIR]/orion/../bad.tgz is not used
          cause: it is larger than 256 MiB when it is unpacked, or has more than 20000 files
          effect: nothing was changed
        next: have the release made or installed again
        cut
        error[history-disagrees]: [DIR]/orion/../bad.tgz is not used
          cause: cannot unpack it
          cause: incomplete deflate stream
          effect: nothing was changed
        next: have the release made or installed again
        no archive
        error[history-disagrees]: [DIR]/orion/../bad.tgz is not used
          cause: cannot unpack it
          cause: invalid gzip header
          effect: nothing was changed
        next: have the release made or installed again
        ");
}

#[test]
fn a_difference_says_what_is_locked_and_which_rows_change() {
    let world = World::new();
    world.done("core", "release 1.0.0");
    world.core(
        "002_notes",
        "ALTER TABLE diary.sites ADD COLUMN note text;\nUPDATE diary.sites SET note = 'none' WHERE id < 9;",
        "ALTER TABLE diary.sites DROP COLUMN note;",
    );
    let config = world.read("core/enact.toml");
    world.env.write(
        "core/enact.toml",
        format!("{config}\n[lint]\nfail = \"never\"\n"),
    );
    world.done("core", "release 1.1.0");
    let name = "core/releases/clinical-diary-database";
    said!(world.env, world.enact("orion", &format!("release diff {name}-1.0.0 {name}-1.1.0")), @r"
        exit: 0
        ----- stdout -----
        @clinical-diary/database 1.0.0 -> 1.1.0
          + core:002_notes
              ALTER TABLE, UPDATE
              ACCESS EXCLUSIVE on diary.sites
              changes rows of diary.sites
          + column diary.sites.note

        ----- stderr -----
        ");
}

#[test]
fn a_lock_that_was_edited_is_written_anew() {
    let world = World::pinned();
    world.visits();
    world.done("core", "release 1.1.0");
    world.sponsor("1.0.0", "{ path = \"../core/releases\" }");
    let lock = world.read("orion/enact.lock");
    let digit = lock.find("digest = \"sha256-lf:").unwrap() + 20;
    let other = if lock[digit..].starts_with('0') {
        "1"
    } else {
        "0"
    };
    let digest = [&lock[..digit], other, &lock[digit + 1..]].concat();
    let version = lock.replace("version = \"1.0.0\"", "version = \"1.1.0\"");
    let name = lock.replace("name = \"sites\"", "name = \"places\"");
    for edited in [&digest, &version, &name] {
        assert_ne!(*edited, lock);
        world.env.write("orion/enact.lock", edited);
        let told = world.left("orion", "pin --check", 32);
        assert!(told.stderr.contains("enact pin"), "{told}");
        let told = world.left("orion", "outdated", 32);
        assert!(told.stderr.contains("edited by hand"), "{told}");
        let told = world.done("orion", "pin");
        let pinned = "@clinical-diary/database pinned to 1.0.0 (1.0.0 in enact.toml)\n";
        assert_eq!(told.stdout, pinned, "{told}");
        assert_eq!(world.read("orion/enact.lock"), lock);
    }
    // A later release is taken as from the one that is really pinned.
    world.env.write("orion/enact.lock", &digest);
    world.sponsor("^1.0.0", "{ path = \"../core/releases\" }");
    said!(world.env, world.enact("orion", "pin"), @r"
        exit: 0
        ----- stdout -----
        @clinical-diary/database 1.0.0 -> 1.1.0 (^1.0.0 in enact.toml)
          + core:002_visits

        ----- stderr -----
        ");
}

#[test]
fn a_reason_says_something() {
    let world = World::new();
    let refused = |rest: &[&str]| {
        let words = ["--config", "core/enact.toml"].iter().chain(rest);
        let output = world.env.enact(words);
        assert_eq!(output.code, Some(2), "{rest:?}\n{output}");
        assert!(output.stderr.contains("it says nothing"), "{output}");
        output
    };
    let hotfix = ["release", "1.0.0", "--hotfix", "--severity", "low"];
    said!(world.env, refused(&[&hotfix[..], &["--reason", " "]].concat()), @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error: invalid value ' ' for '--reason <TEXT>': it says nothing, and those who ask later need to know why

        For more information, try '--help'.
        ");
    refused(&[&hotfix[..], &["--reason", ""]].concat());
    refused(&["baseline", "--to", "1", "--reason", ""]);
    refused(&["enrol", "--moved", "--reason", " "]);
    refused(&["amend", "--reason", "\t"]);
    refused(&["apply", "--accept-drift", ""]);
    refused(&["apply", "--resolve", "done", "--reason", ""]);
}

#[test]
fn a_difference_says_what_it_does_not_read() {
    let world = World::new();
    world.done("core", "release 1.0.0");
    world.core(
        "002_visits",
        "CREATE TABLE diary.visits (id int PRIMARY KEY);\nCREATE INDEX visits_by_id ON diary.visits (id);\n\
         DO $$ BEGIN DELETE FROM diary.sites; END $$;",
        "DROP TABLE diary.visits;",
    );
    let config = world.read("core/enact.toml");
    world.env.write(
        "core/enact.toml",
        format!("{config}\n[lint]\nfail = \"never\"\n"),
    );
    world.done("core", "release 1.1.0");
    let name = "core/releases/clinical-diary-database";
    let diff = format!("release diff {name}-1.0.0 {name}-1.1.0");
    said!(world.env, world.enact("orion", &diff), @r"
        exit: 0
        ----- stdout -----
        @clinical-diary/database 1.0.0 -> 1.1.0
          + core:002_visits
              CREATE INDEX, CREATE TABLE, DO
              what DO does is not read
          + column diary.visits.id
          + constraint diary.visits.visits_pkey
          + index diary.visits_by_id
          + index diary.visits_pkey
          + table diary.visits

        ----- stderr -----
        ");
    let output = world.done("orion", &format!("{diff} --format json"));
    let json: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(json["migrations"][0]["unread"], serde_json::json!(["DO"]));
    assert_eq!(json["migrations"][0]["locks"], serde_json::json!([]));
}

#[test]
fn what_is_no_release_has_no_difference() {
    let world = World::new();
    world.done("core", "release 1.0.0");
    world.env.write("text", "no archive\n");
    world.env.write("web/manifest.json", "{}\n");
    world.env.write("empty/file", "");
    let diff = |other: &str| world.left("core", &format!("release diff {FOLDER} {other}"), 2);
    let dir = world.path("").display().to_string();
    let told =
        ["gone", "text", "web", "empty"].map(|other| diff(other).stderr.replace(&dir, "[DIR]/"));
    insta::assert_snapshot!(told.concat(), @r"
        error[usage]: [DIR]/gone is no release
          cause: No such file or directory (os error 2)
        next: name the folder or the archive of a release
        error[usage]: [DIR]/text is no release
          cause: cannot unpack it
          cause: invalid gzip header
        next: name the folder or the archive of a release
        error[usage]: [DIR]/web is no release
          cause: [DIR]/web/manifest.json is not what `enact release` writes: missing field `schema` at line 1 column 2
        next: name the folder or the archive of a release
        error[usage]: [DIR]/empty is no release
        next: name the folder or the archive of a release
        ");
    world
        .env
        .write(format!("{FOLDER}/migrations/001_sites.sql"), "SELECT 1;\n");
    world.left("core", &format!("release diff {FOLDER} {FOLDER}"), 32);
    world.left("orion", "impact gone", 2);
}

#[test]
fn a_pinned_release_that_was_withdrawn_is_told_as_that() {
    let world = World::pinned();
    world.visits();
    world.done("core", "release 1.1.0");
    world.done("orion", "pin");
    world.env.write(
        "core/releases/yanked.json",
        "{\"1.1.0\": \"loses visits\"}\n",
    );
    said!(world.env, world.enact("orion", "pin"), @r"
        exit: 38
        ----- stdout -----

        ----- stderr -----
        error[refused]: 1.0.0 is lower than 1.1.0, which is pinned
          withdrawn: loses visits
          effect: enact.lock is as it was
        next: enact pin --allow-downgrade, if no database has what the higher one brought
        ");
    said!(world.env, world.enact("orion", "plan -e staging"), @r"
        exit: 0
        ----- stdout -----
        apply core 1.1.0: 000 to 002, orion: 000 to 001, 3 steps
          + core:001_sites .................................  2 statements, one transaction
          + core:002_visits ................................  1 statement, one transaction
          + orion:001_reports ..............................  2 statements, one transaction
        plan sha256:[SHA256]

        ----- stderr -----
        warning: 1.1.0 was withdrawn: loses visits
        ");
    let applied = world.done("orion", "apply -e staging --format json");
    assert!(
        applied.stderr.contains("1.1.0 was withdrawn: loses visits"),
        "{applied}"
    );
    world.done("orion", "pin --allow-downgrade");
    let status = world.enact("orion", "status -e staging");
    assert!(!status.stderr.contains("withdrawn"), "{status}");
}

#[test]
fn two_archives_of_one_version_are_named_as_the_files_they_are() {
    let world = World::pinned();
    let archive = "clinical-diary-database-1.0.0.tgz";
    let of_first = fs::read(world.path(&format!("core/releases/{archive}"))).unwrap();
    world
        .env
        .write("core/CHANGELOG.md", "## 1.0.0\n\n- Other words\n");
    fs::remove_dir_all(world.path("core/releases")).unwrap();
    world.done("core", "release 1.0.0 --out other");
    let of_second = fs::read(world.path(&format!("other/{archive}"))).unwrap();
    fs::create_dir(world.path("archives")).unwrap();
    fs::write(world.path("archives/first.tgz"), of_first).unwrap();
    fs::write(world.path("archives/second.tgz"), of_second).unwrap();
    world.sponsor("^1.0.0", "{ path = \"../archives\" }");
    said!(world.env, world.enact("orion", "pin"), @r"
        exit: 32
        ----- stdout -----

        ----- stderr -----
        error[history-disagrees]: version 1.0.0 is there twice with different contents: [DIR]/orion/../archives/first.tgz and [DIR]/orion/../archives/second.tgz
          effect: nothing was changed
        next: find out which of the two was released, and remove the other
        ");
}

#[test]
fn an_older_hotfix_is_shown_before_a_newer_release() {
    let world = World::pinned();
    world.visits();
    let hotfix = "release 1.1.0 --hotfix --severity low --reason visits";
    world.done("core", hotfix);
    world.core(
        "003_notes",
        "CREATE TABLE diary.notes (id int PRIMARY KEY);",
        "DROP TABLE diary.notes;",
    );
    world.done("core", "release 1.1.1");
    said!(world.env, world.enact("orion", "outdated"), @r"
        exit: 0
        ----- stdout -----
        @clinical-diary/database 1.0.0, [DAYS] days old
          1.1.0 2026-01-10  1 migration  hotfix, low: visits
          1.1.1 2026-01-20  2 migrations

        ----- stderr -----
        ");
}

#[test]
fn the_same_files_of_another_folder_and_time_give_the_same_bytes() {
    let world = World::new();
    world.visits();
    let shell = |script: &str| {
        let mut command = Command::new("sh");
        let done = command.args(["-ec", script]).current_dir(world.path(""));
        assert!(done.status().unwrap().success(), "{script}");
    };
    shell(
        "mkdir -p far/away && cp -r core far/away/checkout \
         && find far -exec touch -d 2001-02-03T04:05:06 {} + && chmod -R go-r far/away/checkout",
    );
    world.done("core", "release 1.1.0");
    world.done("far/away/checkout", "release 1.1.0");
    shell("diff -r core/releases far/away/checkout/releases");
    shell("cmp core/releases/*.tgz far/away/checkout/releases/*.tgz");
}

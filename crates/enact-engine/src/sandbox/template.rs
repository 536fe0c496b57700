//! The data directory of a new cluster: made once by `initdb`, kept, and copied from then on.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use super::account::{Account, run_as};
use super::error::{IoContext, SandboxError};
use super::files::{copy_tree, is_own_dir};
use super::installation::Installation;

/// Goes up when the arguments of `initdb` change, so that old templates are not used any more.
const FORMAT: &str = "1";
/// `initdb` takes about two seconds; a slow disk may need ten times as long.
const LOCK_WAIT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(5);

/// Where a new data directory comes from and whose it will be.
pub(super) struct Source<'a> {
    pub installation: &'a Installation,
    pub cache_dir: Option<&'a Path>,
    /// The user of this process.
    pub user: Account,
    /// Whom the server runs as, if not as this process.
    pub account: Option<Account>,
}

impl Source<'_> {
    /// Makes the data directory `data`, from the cache where possible.
    pub(super) fn fill(&self, data: &Path) -> Result<(), SandboxError> {
        let Some(cache) = self.cache_dir else {
            return self.initdb(data);
        };
        prepare_cache(cache, self.user)?;
        let template = cache.join(self.key());
        if template.is_dir() {
            return self.copy_out(&template, data);
        }
        let _lock = wait_for_lock(&template.with_extension("lock"))?;
        if template.is_dir() {
            return self.copy_out(&template, data);
        }
        self.initdb(data)?;
        keep(data, &template)
    }

    /// Differs whenever a data directory of one could not serve the other.
    fn key(&self) -> String {
        let uid = self.account.unwrap_or(self.user).uid;
        let bindir = self.installation.bindir().display();
        let text = format!("{FORMAT}\n{}\n{bindir}\n{uid}", self.installation.version());
        let (cluster, boot) = (short_digest(&text), short_digest(&boot()));
        format!("pg{}-{cluster}-{boot}", self.installation.major())
    }

    fn copy_out(&self, template: &Path, data: &Path) -> Result<(), SandboxError> {
        copy_tree(template, data, self.account)
    }

    fn initdb(&self, data: &Path) -> Result<(), SandboxError> {
        // Not every system knows C.UTF-8; C sorts the same and differs only in case mapping.
        self.initdb_in(data, "C.UTF-8").or_else(|_| {
            let _ = fs::remove_dir_all(data);
            self.initdb_in(data, "C")
        })
    }

    fn initdb_in(&self, data: &Path, locale: &str) -> Result<(), SandboxError> {
        let mut command = Command::new(self.installation.bindir().join("initdb"));
        command
            .arg("-D")
            .arg(data)
            .args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"])
            .arg(format!("--locale={locale}"))
            .env_clear()
            .envs([("PATH", "/usr/bin:/bin"), ("LC_ALL", "C"), ("TZ", "UTC")])
            .current_dir("/")
            .stdin(Stdio::null());
        let output = run_as(&mut command, self.account)
            .output()
            .doing(|| format!("run initdb of {}", self.installation.bindir().display()))?;
        if output.status.success() {
            return Ok(());
        }
        let mut said = String::from_utf8_lossy(&output.stdout).into_owned();
        said.push_str(&String::from_utf8_lossy(&output.stderr));
        Err(SandboxError::Initdb {
            output: said.trim().to_owned(),
        })
    }
}

/// Files that are not synced are whole as long as the machine runs, so a template serves for one boot:
/// an `initdb` now and then is cheaper than a thousand syncs.
fn boot() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default()
}

fn short_digest(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Others' templates would be others' code run as this user.
fn prepare_cache(cache: &Path, user: Account) -> Result<(), SandboxError> {
    let made = DirBuilder::new().mode(0o700).recursive(true).create(cache);
    made.doing(|| format!("create {}", cache.display()))?;
    if is_own_dir(cache, user.uid) {
        return Ok(());
    }
    Err(SandboxError::CacheNotPrivate {
        path: cache.to_owned(),
    })
}

/// The kernel gives the lock back when its holder dies, whatever it was doing.
fn wait_for_lock(path: &Path) -> Result<File, SandboxError> {
    let opened = File::options().create(true).append(true).open(path);
    let file = opened.doing(|| format!("open {}", path.display()))?;
    let since = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if since.elapsed() < LOCK_WAIT => thread::sleep(POLL),
            Err(TryLockError::WouldBlock) => {
                return Err(SandboxError::TemplateBusy {
                    path: path.to_owned(),
                    waited: LOCK_WAIT,
                });
            }
            Err(TryLockError::Error(error)) => {
                return Err(error).doing(|| format!("lock {}", path.display()));
            }
        }
    }
}

/// Puts a copy of `data` at `template`, whole or not at all. The caller holds the template's lock.
fn keep(data: &Path, template: &Path) -> Result<(), SandboxError> {
    let unfinished: PathBuf = template.with_extension("new");
    match fs::remove_dir_all(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(error).doing(|| format!("remove {}", unfinished.display()));
        }
        _ => {}
    }
    copy_tree(data, &unfinished, None)?;
    fs::rename(&unfinished, template).doing(|| format!("create {}", template.display()))?;
    forget_earlier_boots(template);
    Ok(())
}

/// Removes what earlier boots kept under the same name but for its last part, if it can.
fn forget_earlier_boots(template: &Path) {
    let (Some(cache), Some(name)) = (template.parent(), template.file_name()) else {
        return;
    };
    let name = name.to_string_lossy();
    let Some((same, _)) = name.rsplit_once('-') else {
        return;
    };
    for entry in fs::read_dir(cache).into_iter().flatten().flatten() {
        let other = entry.file_name().to_string_lossy().into_owned();
        let boot = other
            .strip_prefix(same)
            .filter(|rest| rest.starts_with('-'));
        if boot.is_some() && !other.starts_with(&*name) {
            let _ = fs::remove_dir_all(entry.path()).or_else(|_| fs::remove_file(entry.path()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unfinished_template_is_replaced_and_a_finished_one_is_whole() {
        let dir = tempfile::tempdir().unwrap();
        let (data, template) = (dir.path().join("data"), dir.path().join("pg15-x"));
        fs::create_dir_all(data.join("base")).unwrap();
        fs::write(data.join("base/1"), "new").unwrap();
        // What a process killed half-way leaves behind.
        fs::create_dir(template.with_extension("new")).unwrap();
        fs::write(template.with_extension("new").join("half"), "old").unwrap();

        keep(&data, &template).unwrap();

        assert_eq!(fs::read_to_string(template.join("base/1")).unwrap(), "new");
        assert!(!template.join("half").exists());
        assert!(!template.with_extension("new").exists());
    }

    #[test]
    fn templates_of_earlier_boots_go_and_others_stay() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["pg15-a-new", "pg15-a-old", "pg15-b-old", "pg14-a-old"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        fs::write(dir.path().join("pg15-a-old.lock"), "").unwrap();
        fs::write(dir.path().join("pg15-a-new.lock"), "").unwrap();
        forget_earlier_boots(&dir.path().join("pg15-a-new"));
        let left = fs::read_dir(dir.path())
            .unwrap()
            .flatten()
            .map(|e| e.file_name());
        let mut left: Vec<_> = left.map(|name| name.into_string().unwrap()).collect();
        left.sort_unstable();
        assert_eq!(
            left,
            ["pg14-a-old", "pg15-a-new", "pg15-a-new.lock", "pg15-b-old"]
        );
    }

    #[test]
    fn a_cache_that_others_can_write_to_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let user = Account::owner_of(dir.path()).unwrap();
        prepare_cache(dir.path(), user).unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let refused = prepare_cache(dir.path(), user);
        assert!(matches!(refused, Err(SandboxError::CacheNotPrivate { .. })));
    }
}

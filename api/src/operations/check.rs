//! Looks for what would go wrong before it does: one line a problem.
//!
//! [`CHECKS`] is the one list: those of every installation, and those of one that others reach, which are the checklist of the deployment guide.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use jiff::Timestamp;

use crate::backups::{self, Backup};
use crate::db::{self, files};
use crate::{Config, storage};

use super::weak;

/// What is looked at.
pub struct Check {
    /// The variable or thing.
    pub subject: &'static str,
    /// What should be, as the checklist says it.
    pub wish: &'static str,
    /// Whether it matters only where others reach the server.
    pub is_for_deployment: bool,
    find: fn(&Facts<'_>) -> Option<String>,
}

const fn always(subject: &'static str, wish: &'static str, find: fn(&Facts<'_>) -> Option<String>) -> Check {
    Check { subject, wish, is_for_deployment: false, find }
}

const fn deployed(subject: &'static str, wish: &'static str, find: fn(&Facts<'_>) -> Option<String>) -> Check {
    Check { subject, wish, is_for_deployment: true, find }
}

/// Everything that is looked at, in the order of the checklist.
pub const CHECKS: &[Check] = &[
    deployed("SECRET_KEY", "set in the environment, drawn at random", secret_key),
    deployed("DEBUG", "off", debug),
    deployed("ALLOWED_HOSTS", "the names under which the server is reached, and no others", allowed_hosts),
    deployed("TRUSTED_PROXIES", "the proxy that ends HTTPS, and no network of clients", trusted_proxies),
    deployed("SECURE_SSL_REDIRECT", "on", ssl_redirect),
    deployed("SECURE_HSTS_SECONDS", "more than 0", hsts),
    deployed("SESSION_COOKIE_SECURE", "on", cookie_secure),
    deployed("CORS_ALLOWED_ORIGINS", "none, or HTTPS origins alone", cors),
    always("DATA_DIR", "a folder that the server may write to", data_dir),
    always("secret_key", "readable by its owner alone, where the file is in use", secret_file),
    always("disk", "MIN_FREE_DISK_MB are free, and that is more than 0", disk),
    always("database", "sound, and at the version of the program", database),
    deployed("database", "readable by its owner alone, since it holds hashes of passwords", database_file),
    deployed("users", "an admin exists, so that the set-up link is spent", users),
    always("BACKUP_TARGET", "it answers", target_answers),
    deployed("BACKUP_TARGET", "set, and not inside of DATA_DIR", target_is_elsewhere),
    deployed("BACKUP_EVERY", "set", backup_every),
    deployed("backups", "the newest is no older than twice BACKUP_EVERY", newest_backup),
];

/// What the checks look at, gathered once.
struct Facts<'a> {
    config: &'a Config,
    variables: &'a HashMap<String, String>,
    /// Admins of the database; nothing where there is no database yet.
    database: Result<Option<u64>, String>,
    backups: Result<Vec<Backup>, String>,
    now: Timestamp,
}

impl Facts<'_> {
    fn variable(&self, name: &str) -> &str {
        self.variables.get(name).map(|value| value.trim()).unwrap_or_default()
    }

    fn is_on(&self, name: &str) -> bool {
        matches!(self.variable(name).to_ascii_lowercase().as_str(), "1" | "true" | "on" | "yes")
    }
}

/// The problems of an installation, a sentence each. `variables` are those that the settings were read from.
pub fn check(config: &Config, variables: &HashMap<String, String>, is_deployed: bool) -> Vec<String> {
    let found = found(config, variables, is_deployed).into_iter();
    found.map(|(check, sentence)| format!("{}: {sentence}", check.subject)).collect()
}

/// The checks that found something, with what they say.
fn found(config: &Config, variables: &HashMap<String, String>, is_deployed: bool) -> Vec<(&'static Check, String)> {
    let backups = backups::configured(config).and_then(|store| store.list());
    let facts = Facts {
        config,
        variables,
        database: look_at_database(&config.data_dir.join(db::FILE_NAME)),
        backups: backups.map_err(|failure| failure.sentences().join("; ")),
        now: Timestamp::now(),
    };
    let wanted = CHECKS.iter().filter(|check| is_deployed || !check.is_for_deployment);
    wanted.filter_map(|check| Some((check, (check.find)(&facts)?))).collect()
}

/// How many admins there are in a sound database of this version.
fn look_at_database(path: &Path) -> Result<Option<u64>, String> {
    if !path.exists() {
        return Ok(None);
    }
    let versions = files::check(path)?;
    versions.refuse_newer()?;
    match versions.pending.len() {
        0 => {}
        1 => return Err("1 migration is pending; `synthetic-data migrate` runs it".to_owned()),
        count => return Err(format!("{count} migrations are pending; `synthetic-data migrate` runs them")),
    }
    let mut connection = files::open(path)?;
    let count = files::count(&mut connection, "SELECT count(*) AS count FROM users WHERE role = 'admin'");
    count.map(|count| u64::try_from(count).ok()).map_err(|error| format!("{}: {error}", path.display()))
}

fn secret_key(facts: &Facts<'_>) -> Option<String> {
    let key = facts.variable("SECRET_KEY");
    if key.is_empty() {
        return Some("it is not set; `openssl rand -hex 32` draws one".to_owned());
    }
    let why = weak::key(key)?;
    Some(format!("{why}, so it does not look drawn at random; `openssl rand -hex 32` draws one"))
}

fn debug(facts: &Facts<'_>) -> Option<String> {
    facts.config.debug.then(|| "it is on: answers tell causes, and logs tell much; unset it".to_owned())
}

fn allowed_hosts(facts: &Facts<'_>) -> Option<String> {
    let hosts = &facts.config.allowed_hosts;
    if hosts.iter().any(|host| host == "*") {
        return Some("* serves any name, so links can be made to lead elsewhere; name the hosts".to_owned());
    }
    let everybodys: Vec<&str> =
        hosts.iter().map(String::as_str).filter(|host| weak::is_domain_of_everybody(host)).collect();
    if !everybodys.is_empty() {
        let domains = everybodys.join(", ");
        return Some(format!(
            "anybody may have a name below {domains}, so links can be made to lead elsewhere; name the hosts"
        ));
    }
    let is_local = |host: &String| matches!(host.as_str(), "localhost" | "127.0.0.1" | "[::1]");
    hosts
        .iter()
        .all(is_local)
        .then(|| "it names this machine alone; name the host under which others reach it".to_owned())
}

fn trusted_proxies(facts: &Facts<'_>) -> Option<String> {
    let proxies = &facts.config.trusted_proxies;
    if proxies.is_empty() {
        let sentence = "it is not set, so the server cannot tell HTTPS from HTTP nor one client from another; name the proxy's address";
        return Some(sentence.to_owned());
    }
    let wide: Vec<String> =
        proxies.iter().filter(|network| weak::is_too_wide(network)).map(ToString::to_string).collect();
    (!wide.is_empty()).then(|| {
        let blocks = wide.join(", ");
        format!("clients are in {blocks} too, so each could say that it is another and speaks HTTPS; name the proxy's address or its private network")
    })
}

fn ssl_redirect(facts: &Facts<'_>) -> Option<String> {
    (!facts.is_on("SECURE_SSL_REDIRECT")).then(|| "it is off: passwords can be sent over HTTP".to_owned())
}

fn hsts(facts: &Facts<'_>) -> Option<String> {
    let seconds = facts.variable("SECURE_HSTS_SECONDS").parse::<u64>().unwrap_or_default();
    (seconds == 0).then(|| "browsers are not told to stay with HTTPS; set 3600, and 31536000 once all works".to_owned())
}

fn cookie_secure(facts: &Facts<'_>) -> Option<String> {
    (!facts.config.session_cookie_secure).then(|| "it is off: the session's cookie is sent over HTTP too".to_owned())
}

fn cors(facts: &Facts<'_>) -> Option<String> {
    let origins = facts.variable("CORS_ALLOWED_ORIGINS").split(',').map(str::trim).filter(|origin| !origin.is_empty());
    let plain: Vec<&str> = origins.filter(|origin| !origin.starts_with("https://")).collect();
    (!plain.is_empty()).then(|| format!("{} is not HTTPS", plain.join(", ")))
}

fn data_dir(facts: &Facts<'_>) -> Option<String> {
    let folder = &facts.config.data_dir;
    // A folder that is missing is made at the start, if that is allowed.
    let existing = folder.ancestors().find(|folder| folder.is_dir()).unwrap_or(Path::new("."));
    let refused = tempfile::tempfile_in(existing).err()?;
    Some(format!("{}: nothing can be written there: {}", existing.display(), storage::reason(&refused)))
}

fn secret_file(facts: &Facts<'_>) -> Option<String> {
    if !facts.variable("SECRET_KEY").is_empty() {
        return None;
    }
    readable(&facts.config.data_dir.join("secret_key"))
}

fn database_file(facts: &Facts<'_>) -> Option<String> {
    readable(&facts.config.data_dir.join(db::FILE_NAME))
}

fn readable(path: &Path) -> Option<String> {
    let mode = storage::open_mode(path)?;
    Some(format!("{}: its mode is {mode:o}, so others can read it; chmod 600 it", path.display()))
}

fn disk(facts: &Facts<'_>) -> Option<String> {
    let min = facts.config.min_free_disk_bytes;
    if min == 0 {
        return Some("MIN_FREE_DISK_MB is 0: a generation may fill the disk that the database is on".to_owned());
    }
    storage::check_free_space(&facts.config.data_dir, min).err().map(|error| error.to_string())
}

fn database(facts: &Facts<'_>) -> Option<String> {
    facts.database.as_ref().err().cloned()
}

fn users(facts: &Facts<'_>) -> Option<String> {
    let is_missing = matches!(facts.database, Ok(None | Some(0)));
    is_missing.then(|| "there is no admin: whoever sees the set-up link in the log becomes one; `synthetic-data createsuperuser` adds one".to_owned())
}

fn target_answers(facts: &Facts<'_>) -> Option<String> {
    facts.backups.as_ref().err().cloned()
}

fn target_is_elsewhere(facts: &Facts<'_>) -> Option<String> {
    let settings = &facts.config.backups;
    if !settings.is_target_set {
        return Some("it is not set: what takes DATA_DIR takes its backups with it".to_owned());
    }
    let backups::Target::Folder(folder) = &settings.target else { return None };
    let whole = |path: &Path| fs::canonicalize(path).or_else(|_| std::path::absolute(path)).unwrap_or_default();
    whole(folder)
        .starts_with(whole(&facts.config.data_dir))
        .then(|| format!("{} lies in DATA_DIR, and is lost with it", folder.display()))
}

fn backup_every(facts: &Facts<'_>) -> Option<String> {
    facts.config.backups.every.is_none().then(|| "it is off: nobody makes backups; set 6h or 1d".to_owned())
}

fn newest_backup(facts: &Facts<'_>) -> Option<String> {
    let (every, backups) = (facts.config.backups.every?, facts.backups.as_ref().ok()?);
    // Without a database there is nothing to have saved.
    if matches!(facts.database, Ok(None)) {
        return None;
    }
    let Some(newest) = backups.first() else {
        return Some("there is none yet; `synthetic-data backup` makes one".to_owned());
    };
    let age = facts.now.duration_since(newest.made_at);
    let is_old = std::time::Duration::try_from(age).is_ok_and(|age| age > every * 2);
    is_old.then(|| format!("the newest, {}, is {} hours old; the server's log says why", newest.name, age.as_hours()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Db;

    struct Home(tempfile::TempDir);

    impl Home {
        /// An installation in which nothing is wrong.
        fn new() -> (Home, Vec<(&'static str, String)>) {
            let home = Home(tempfile::tempdir().expect("a folder"));
            let at = |name: &str| home.0.path().join(name).display().to_string();
            let variables = vec![
                ("DATA_DIR", at("data")),
                ("HOST", "0.0.0.0".to_owned()),
                ("SECRET_KEY", "3f0c9a51be7724d8e6015b9fc2a8437d10e95c6ab38f472d".to_owned()),
                ("ALLOWED_HOSTS", "data.example.com".to_owned()),
                ("TRUSTED_PROXIES", "10.0.0.0/8".to_owned()),
                ("SECURE_SSL_REDIRECT", "true".to_owned()),
                ("SECURE_HSTS_SECONDS", "3600".to_owned()),
                ("CORS_ALLOWED_ORIGINS", "https://studio.example.com".to_owned()),
                ("MIN_FREE_DISK_MB", "1".to_owned()),
                ("BACKUP_TARGET", at("backups")),
                ("BACKUP_EVERY", "1d".to_owned()),
            ];
            let data = home.0.path().join("data");
            fs::create_dir_all(&data).expect("a folder");
            let (db, _) = Db::open(&data, 1, 1000, |_| Ok(())).expect("a database");
            let insert = "INSERT INTO users (id, email, name, role, password_hash, created_at) VALUES ('u', 'ana@example.com', 'Ana', 'admin', 'x', 't')";
            db.write_now(|c| diesel::RunQueryDsl::execute(diesel::sql_query(insert), c)).expect("an admin");
            drop(db);
            let config = config(&variables);
            backups::make(&data, &*backups::configured(&config).expect("a store"), 3).expect("a backup");
            (home, variables)
        }
    }

    fn config(variables: &[(&str, String)]) -> Config {
        Config::from_variables(map(variables), 2).expect("settings")
    }

    fn map(variables: &[(&str, String)]) -> HashMap<String, String> {
        variables.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
    }

    fn problems(variables: &[(&str, String)]) -> Vec<String> {
        check(&config(variables), &map(variables), true)
    }

    #[test]
    fn a_good_installation_has_no_problem() {
        let (_home, variables) = Home::new();
        assert_eq!(problems(&variables), Vec::<String>::new());
    }

    #[test]
    fn every_line_of_the_checklist_is_held_by_a_check() {
        let guide = include_str!("../../../docs/deployment.md");
        let written: Vec<&str> = guide.lines().filter_map(|line| line.strip_prefix("- [ ] ")).collect();
        let held: Vec<String> = CHECKS.iter().map(|check| format!("`{}`: {}", check.subject, check.wish)).collect();
        assert_eq!(written, held);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn each_check_finds_what_it_is_for() {
        let (home, good) = Home::new();
        let secret = home.0.path().join("data/secret_key");
        fs::write(&secret, "x".repeat(40)).expect("a secret");
        fs::set_permissions(&secret, std::os::unix::fs::PermissionsExt::from_mode(0o644)).expect("a mode");
        let open = home.0.path().join("open");
        fs::create_dir_all(&open).expect("a folder");
        fs::write(open.join(db::FILE_NAME), "").expect("a database");
        fs::set_permissions(open.join(db::FILE_NAME), std::os::unix::fs::PermissionsExt::from_mode(0o644))
            .expect("a mode");
        let old = home.0.path().join("old");
        fs::create_dir_all(&old).expect("a folder");
        fs::write(old.join("synthetic-data-20200101T000000000Z.sqlite3"), "x").expect("an old backup");
        let inside = home.0.path().join("data/mine").display().to_string();
        let at = |name: &str| home.0.path().join(name).display().to_string();
        fs::create_dir_all(home.0.path().join("damaged")).expect("a folder");
        fs::write(home.0.path().join("damaged/db.sqlite3"), "x".repeat(9000)).expect("no database");
        fs::write(home.0.path().join("file"), "").expect("a file");
        let cases: Vec<(&str, Vec<(&str, String)>)> = vec![
            ("SECRET_KEY: it has few different", vec![("SECRET_KEY", "abcdefgh".repeat(5))]),
            ("SECRET_KEY: it repeats itself", vec![("SECRET_KEY", "0123456789abcdef".repeat(2))]),
            ("DEBUG: it is on", vec![("DEBUG", "true".to_owned())]),
            ("ALLOWED_HOSTS: * serves", vec![("ALLOWED_HOSTS", "*".to_owned())]),
            (
                "ALLOWED_HOSTS: anybody may have a name below .com,",
                vec![("ALLOWED_HOSTS", ".com,data.example.com".to_owned())],
            ),
            ("ALLOWED_HOSTS: it names this machine", vec![("ALLOWED_HOSTS", "localhost".to_owned())]),
            (
                "TRUSTED_PROXIES: it is not set",
                vec![("TRUSTED_PROXIES", String::new()), ("SECURE_SSL_REDIRECT", "false".to_owned())],
            ),
            (
                "TRUSTED_PROXIES: clients are in 0.0.0.0/0 too",
                vec![("TRUSTED_PROXIES", "10.0.0.0/8,0.0.0.0/0".to_owned())],
            ),
            ("TRUSTED_PROXIES: clients are in ::/0 too", vec![("TRUSTED_PROXIES", "::/0".to_owned())]),
            ("SECURE_SSL_REDIRECT: it is off", vec![("SECURE_SSL_REDIRECT", "false".to_owned())]),
            ("SECURE_HSTS_SECONDS: browsers", vec![("SECURE_HSTS_SECONDS", "0".to_owned())]),
            ("SESSION_COOKIE_SECURE: it is off", vec![("SESSION_COOKIE_SECURE", "false".to_owned())]),
            (
                "CORS_ALLOWED_ORIGINS: http://a.example.com",
                vec![("CORS_ALLOWED_ORIGINS", "http://a.example.com".to_owned())],
            ),
            ("disk: MIN_FREE_DISK_MB is 0", vec![("MIN_FREE_DISK_MB", "0".to_owned())]),
            ("MB are free on the disk", vec![("MIN_FREE_DISK_MB", (1_u64 << 39).to_string())]),
            ("DATA_DIR: /proc: nothing can be written there", vec![("DATA_DIR", "/proc/data".to_owned())]),
            ("SECRET_KEY: it is not set", vec![("SECRET_KEY", String::new()), ("HOST", "127.0.0.1".to_owned())]),
            ("secret_key: ", vec![("SECRET_KEY", String::new()), ("HOST", "127.0.0.1".to_owned())]),
            ("database: ", vec![("DATA_DIR", at("damaged"))]),
            ("/open/db.sqlite3: its mode is 644", vec![("DATA_DIR", at("open"))]),
            ("users: there is no admin", vec![("DATA_DIR", at("new"))]),
            ("BACKUP_TARGET: ", vec![("BACKUP_TARGET", at("file/x"))]),
            ("BACKUP_TARGET: it is not set", vec![("BACKUP_TARGET", String::new())]),
            ("lies in DATA_DIR", vec![("BACKUP_TARGET", inside)]),
            ("BACKUP_EVERY: it is off", vec![("BACKUP_EVERY", "off".to_owned())]),
            ("backups: the newest, synthetic-data-2020", vec![("BACKUP_TARGET", old.display().to_string())]),
            ("backups: there is none yet", vec![("BACKUP_TARGET", at("none"))]),
        ];
        let mut spoke = Vec::new();
        for (sentence, changes) in cases {
            let mut variables = good.clone();
            for (name, value) in changes {
                variables.retain(|(known, _)| *known != name);
                variables.push((name, value));
            }
            let lines = problems(&variables);
            assert!(lines.iter().any(|line| line.contains(sentence)), "{sentence}: {lines:?}");
            let found = found(&config(&variables), &map(&variables), true);
            spoke.extend(found.into_iter().map(|(check, _)| (check.subject, check.wish)));
        }
        for check in CHECKS {
            assert!(
                spoke.contains(&(check.subject, check.wish)),
                "nothing makes {} speak: {}",
                check.subject,
                check.wish
            );
        }
    }

    #[test]
    fn on_a_machine_of_ones_own_defaults_are_no_problem() {
        let home = tempfile::tempdir().expect("a folder");
        let variables =
            [("DATA_DIR", home.path().join("data").display().to_string()), ("MIN_FREE_DISK_MB", "1".to_owned())];
        assert_eq!(check(&config(&variables), &map(&variables), false), Vec::<String>::new());
        #[cfg(unix)]
        {
            fs::create_dir_all(home.path().join("data")).expect("a folder");
            let secret = home.path().join("data/secret_key");
            fs::write(&secret, "x".repeat(40)).expect("a secret");
            fs::set_permissions(&secret, std::os::unix::fs::PermissionsExt::from_mode(0o644)).expect("a mode");
            let found = check(&config(&variables), &map(&variables), false);
            assert!(found.len() == 1 && found[0].contains("its mode is 644"), "{found:?}");
        }
    }
}

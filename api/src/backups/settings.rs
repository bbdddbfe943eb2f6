//! Where backups go, how often they are made and how many are kept, as the environment says.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What begins the name of a bucket.
const SCHEME: &str = "s3://";

/// Seconds between two scheduled backups at least, and at most.
const EVERY_S: std::ops::RangeInclusive<u64> = 60..=366 * 86_400;

/// Backups that are kept at most.
const MOST_KEPT: usize = 10_000;

/// Where backups are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A folder.
    Folder(PathBuf),
    /// A bucket of an S3-compatible store, and what stands before the names in it, without slashes around it.
    Bucket {
        /// Its name.
        bucket: String,
        /// The folder in it; may be empty.
        prefix: String,
    },
}

impl Target {
    /// The target of a text: `s3://bucket/prefix`, or a folder.
    pub fn parse(text: &str) -> Result<Target, String> {
        let Some(rest) = text.strip_prefix(SCHEME) else {
            return match text.split_once("://") {
                Some((scheme, _)) => {
                    Err(format!("{scheme}:// is no kind of store; write a folder or {SCHEME}bucket/prefix"))
                }
                None => Ok(Target::Folder(PathBuf::from(text))),
            };
        };
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let is_bucket = (3..=63).contains(&bucket.len())
            && bucket.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'_'));
        if !is_bucket {
            return Err(format!(
                "{bucket:?} is no name of a bucket: write {SCHEME}bucket/prefix with 3 to 63 lower-case letters, digits, dots and hyphens"
            ));
        }
        Ok(Target::Bucket { bucket: bucket.to_owned(), prefix: prefix.trim_matches('/').to_owned() })
    }

    /// Whether it is a bucket.
    pub fn is_bucket(&self) -> bool {
        matches!(self, Target::Bucket { .. })
    }

    /// The folder, where it is one.
    pub fn folder(&self) -> Option<&Path> {
        match self {
            Target::Folder(folder) => Some(folder),
            Target::Bucket { .. } => None,
        }
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Target::Folder(folder) => write!(f, "{}", folder.display()),
            Target::Bucket { bucket, prefix } if prefix.is_empty() => write!(f, "{SCHEME}{bucket}"),
            Target::Bucket { bucket, prefix } => write!(f, "{SCHEME}{bucket}/{prefix}"),
        }
    }
}

/// How a bucket is reached.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Aws {
    /// Who asks.
    pub access_key_id: String,
    /// What signs requests.
    pub secret_access_key: String,
    /// Where the bucket is.
    pub region: String,
    /// Another store than Amazon's.
    pub endpoint: Option<String>,
}

impl std::fmt::Debug for Aws {
    /// Without the secret, which no log may hold.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Aws {{ region: {:?}, endpoint: {:?} }}", self.region, self.endpoint)
    }
}

impl Aws {
    /// A sentence for each variable that is missing.
    pub fn missing(&self) -> Vec<String> {
        [("AWS_ACCESS_KEY_ID", &self.access_key_id), ("AWS_SECRET_ACCESS_KEY", &self.secret_access_key)]
            .into_iter()
            .filter(|(_, value)| value.is_empty())
            .map(|(name, _)| format!("{name}: it is required for {SCHEME}…"))
            .collect()
    }
}

/// The settings of backups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Where they go.
    pub target: Target,
    /// Whether somebody chose that place; then one more is made when the server stops.
    pub is_target_set: bool,
    /// How often a server makes one; never where nothing is said.
    pub every: Option<Duration>,
    /// How many are kept.
    pub keep: usize,
    /// How a bucket is reached.
    pub aws: Aws,
}

/// Where backups go where nothing is said.
pub fn default_folder(data_dir: &Path) -> PathBuf {
    data_dir.join("backups")
}

impl Settings {
    /// What is in force, by variable; secrets are left out.
    pub fn shown(&self) -> [(&'static str, String); 5] {
        let every = self.every.map_or_else(|| "off".to_owned(), |every| format!("{}s", every.as_secs()));
        [
            ("BACKUP_TARGET", self.target.to_string()),
            ("BACKUP_EVERY", every),
            ("BACKUP_KEEP", self.keep.to_string()),
            ("AWS_REGION", self.aws.region.clone()),
            ("AWS_ENDPOINT_URL", self.aws.endpoint.clone().unwrap_or_default()),
        ]
    }

    /// Reads the variables; every wrong one becomes a sentence that names it.
    pub fn read(variables: &HashMap<String, String>, data_dir: &Path, problems: &mut Vec<String>) -> Settings {
        let given = |name: &str| variables.get(name).map(|value| value.trim()).filter(|value| !value.is_empty());
        let text = |name: &str| given(name).unwrap_or_default().to_owned();
        let aws = Aws {
            access_key_id: text("AWS_ACCESS_KEY_ID"),
            secret_access_key: text("AWS_SECRET_ACCESS_KEY"),
            region: given("AWS_REGION").unwrap_or("us-east-1").to_owned(),
            endpoint: given("AWS_ENDPOINT_URL").map(str::to_owned),
        };
        if let Some(endpoint) = &aws.endpoint {
            let is_url = url::Url::parse(endpoint)
                .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.host_str().is_some());
            if !is_url {
                problems.push(format!("AWS_ENDPOINT_URL: {endpoint:?} is no address such as https://s3.example.com"));
            }
        }
        if !aws.region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            problems.push(format!("AWS_REGION: {:?} is no region such as eu-west-1", aws.region));
        }
        let target = match given("BACKUP_TARGET").map(Target::parse) {
            None => Target::Folder(default_folder(data_dir)),
            Some(Ok(target)) => target,
            Some(Err(sentence)) => {
                problems.push(format!("BACKUP_TARGET: {sentence}"));
                Target::Folder(default_folder(data_dir))
            }
        };
        if target.is_bucket() {
            problems.extend(aws.missing());
        }
        let every = match given("BACKUP_EVERY").map_or(Ok(None), parse_every) {
            Ok(every) => every,
            Err(sentence) => {
                problems.push(format!("BACKUP_EVERY: {sentence}"));
                None
            }
        };
        let keep = match given("BACKUP_KEEP").map_or(Ok(30), str::parse::<usize>) {
            Ok(keep) if (1..=MOST_KEPT).contains(&keep) => keep,
            _ => {
                let text = text("BACKUP_KEEP");
                problems.push(format!("BACKUP_KEEP: {text:?} is no whole number from 1 to {MOST_KEPT}"));
                1
            }
        };
        Settings { target, is_target_set: given("BACKUP_TARGET").is_some(), every, keep, aws }
    }
}

/// A time between backups: `off`, or a whole number of minutes, hours or days, `30m`, `6h`, `1d`.
fn parse_every(text: &str) -> Result<Option<Duration>, String> {
    let lower = text.to_ascii_lowercase();
    if matches!(lower.as_str(), "off" | "0" | "no" | "false") {
        return Ok(None);
    }
    let seconds = [("m", 60), ("h", 3600), ("d", 86_400)].into_iter().find_map(|(unit, seconds)| {
        let number: u64 = lower.strip_suffix(unit)?.trim().parse().ok()?;
        number.checked_mul(seconds)
    });
    match seconds {
        Some(seconds) if EVERY_S.contains(&seconds) => Ok(Some(Duration::from_secs(seconds))),
        _ => Err(format!(
            "{text:?} is no time between backups; write off, or minutes, hours or days such as 30m, 6h or 1d"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> (Settings, Vec<String>) {
        let variables = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let mut problems = Vec::new();
        (Settings::read(&variables, Path::new("data"), &mut problems), problems)
    }

    #[test]
    fn without_variables_backups_go_to_the_data_folder_when_they_are_asked_for() {
        let (settings, problems) = read(&[]);
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(settings.target, Target::Folder(PathBuf::from("data/backups")));
        assert_eq!((settings.every, settings.keep, settings.is_target_set), (None, 30, false));
    }

    #[test]
    fn every_variable_has_its_effect() {
        let (settings, problems) = read(&[
            ("BACKUP_TARGET", "s3://my-bucket/a/b/"),
            ("BACKUP_EVERY", "6h"),
            ("BACKUP_KEEP", "7"),
            ("AWS_ACCESS_KEY_ID", "id"),
            ("AWS_SECRET_ACCESS_KEY", "secret of mine"),
            ("AWS_REGION", "eu-west-1"),
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:9000"),
        ]);
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(settings.target, Target::Bucket { bucket: "my-bucket".to_owned(), prefix: "a/b".to_owned() });
        assert_eq!((settings.every, settings.keep), (Some(Duration::from_secs(6 * 3600)), 7));
        assert_eq!(settings.aws.region, "eu-west-1");
        assert!(!format!("{settings:?}").contains("secret of mine"));
    }

    #[test]
    fn every_wrong_value_is_named() {
        for (name, value) in [
            ("BACKUP_TARGET", "s3://"),
            ("BACKUP_TARGET", "s3://Bucket/x"),
            ("BACKUP_TARGET", "ftp://host/x"),
            ("BACKUP_EVERY", "often"),
            ("BACKUP_EVERY", "5s"),
            ("BACKUP_EVERY", "1000d"),
            ("BACKUP_EVERY", "18446744073709551615d"),
            ("BACKUP_KEEP", "0"),
            ("BACKUP_KEEP", "all"),
            ("AWS_ENDPOINT_URL", "s3.example.com"),
        ] {
            let (_, problems) = read(&[(name, value)]);
            assert_eq!(problems.len(), 1, "{name}={value}: {problems:?}");
            assert!(problems[0].starts_with(&format!("{name}: ")), "{problems:?}");
        }
        let (_, problems) = read(&[("BACKUP_TARGET", "s3://bucket")]);
        assert_eq!(problems.len(), 2, "{problems:?}");
    }
}

//! Backups in a bucket of an S3-compatible store.
//!
//! A store shows an object when its upload has ended and not before, so what a cut connection leaves is never listed.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path as Key;
use object_store::{BackoffConfig, ClientOptions, Error, ObjectStore, ObjectStoreExt, PutPayload, RetryConfig};

use super::{Aws, Backup, Store, Target, make_private, parse_name, refused, size_of};
use crate::Failure;
use crate::storage::Staging;

/// Bytes that are sent at a time; larger files go in parts of this size, which the protocol wants to be of 5 MiB at least.
const PART_BYTES: usize = 8 << 20;

/// What a file is called before it is sent.
const STAGED: &str = "backup.sqlite3";

/// How long one request may take, its body included.
const REQUEST: Duration = Duration::from_secs(120);

/// How long the store may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(5);

/// How long a request is repeated that the store or the network refuses for the moment.
const RETRY: Duration = Duration::from_secs(20);

/// A bucket, and a folder in it.
pub struct Bucket {
    client: AmazonS3,
    prefix: Key,
    place: String,
    /// Where files are before they are sent.
    work: PathBuf,
    runtime: tokio::runtime::Runtime,
}

impl Bucket {
    /// The store of a bucket. Nothing is asked of it yet.
    pub fn new(bucket: &str, prefix: &str, aws: &Aws, work: &Path) -> Result<Bucket, Failure> {
        let missing = aws.missing();
        if !missing.is_empty() {
            return Err(Failure::Data(missing));
        }
        let place = Target::Bucket { bucket: bucket.to_owned(), prefix: prefix.to_owned() }.to_string();
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(bucket)
            .with_access_key_id(&aws.access_key_id)
            .with_secret_access_key(&aws.secret_access_key)
            .with_region(&aws.region)
            // The plain request is what every compatible store knows.
            .with_disable_bulk_delete(true)
            .with_client_options(ClientOptions::new().with_timeout(REQUEST).with_connect_timeout(CONNECT))
            .with_retry(RetryConfig { backoff: BackoffConfig::default(), max_retries: 5, retry_timeout: RETRY });
        if let Some(endpoint) = &aws.endpoint {
            let endpoint = endpoint.trim_end_matches('/');
            builder = builder.with_endpoint(endpoint).with_allow_http(endpoint.starts_with("http://"));
        }
        let client = builder.build().map_err(|error| told(&place, &error))?;
        let prefix = Key::parse(prefix).map_err(|error| Failure::Request(format!("{place}: {error}")))?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|source| Failure::Machine { what: "a runtime for requests", source })?;
        Ok(Bucket { client, prefix, place, work: work.to_owned(), runtime })
    }

    fn key(&self, name: &str) -> Key {
        self.prefix.clone().join(name)
    }

    async fn send(&self, key: &Key, path: &Path, size: u64) -> Result<(), Failure> {
        let said = |error: Error| told(&self.place, &error);
        let mut file = File::open(path).map_err(|error| refused(path, error))?;
        if size <= PART_BYTES as u64 {
            let part = next_part(&mut file, path)?;
            self.client.put(key, PutPayload::from_bytes(part)).await.map_err(said)?;
        } else {
            let mut upload = self.client.put_multipart(key).await.map_err(said)?;
            let sent: Result<(), Failure> = async {
                loop {
                    let part = next_part(&mut file, path)?;
                    if part.is_empty() {
                        break;
                    }
                    upload.put_part(PutPayload::from_bytes(part)).await.map_err(said)?;
                }
                upload.complete().await.map(drop).map_err(said)
            }
            .await;
            if let Err(failure) = sent {
                // Parts of an upload that never ends cost money.
                let _ = upload.abort().await;
                return Err(failure);
            }
        }
        let found = self.client.head(key).await.map_err(said)?;
        if found.size != size {
            let sentence = format!("{}: {size} bytes were sent, and {} have arrived", self.place, found.size);
            let _ = self.client.delete(key).await;
            return Err(Failure::Request(sentence));
        }
        Ok(())
    }
}

impl Store for Bucket {
    fn place(&self) -> String {
        self.place.clone()
    }

    fn list(&self) -> Result<Vec<Backup>, Failure> {
        let listed = self.runtime.block_on(async {
            let prefix = (!self.prefix.as_ref().is_empty()).then_some(&self.prefix);
            self.client.list(prefix).try_collect::<Vec<_>>().await
        });
        let depth = self.prefix.parts().count() + 1;
        let mut found: Vec<Backup> = listed
            .map_err(|error| told(&self.place, &error))?
            .into_iter()
            .filter(|object| object.location.parts().count() == depth)
            .filter_map(|object| {
                let name = object.location.filename()?.to_owned();
                Some(Backup { made_at: parse_name(&name)?, name, size_bytes: object.size })
            })
            .collect();
        found.sort_by(|a, b| b.name.cmp(&a.name));
        Ok(found)
    }

    fn keep(&self, name: &str, fill: &mut dyn FnMut(&Path) -> Result<(), Failure>) -> Result<u64, Failure> {
        // Under one name, so that the next backup removes what a killed one left.
        let mut staging = Staging::for_file(&self.work.join(STAGED))?;
        drop(staging.create(STAGED)?);
        let staged = staging.staged_path(STAGED);
        make_private(&staged).map_err(|error| refused(&staged, error))?;
        fill(&staged)?;
        let size_bytes = size_of(&staged)?;
        self.runtime.block_on(self.send(&self.key(name), &staged, size_bytes))?;
        Ok(size_bytes)
    }

    fn fetch(&self, name: &str, to: &Path) -> Result<(), Failure> {
        let said = |error: Error| told(&format!("{}/{name}", self.place), &error);
        self.runtime.block_on(async {
            let mut file = File::create(to).map_err(|error| refused(to, error))?;
            let mut chunks = self.client.get(&self.key(name)).await.map_err(said)?.into_stream();
            while let Some(chunk) = chunks.try_next().await.map_err(said)? {
                file.write_all(&chunk).map_err(|error| refused(to, error))?;
            }
            file.sync_all().map_err(|error| refused(to, error))
        })
    }

    fn remove(&self, name: &str) -> Result<(), Failure> {
        let removed = self.runtime.block_on(async { self.client.delete(&self.key(name)).await });
        match removed {
            Err(Error::NotFound { .. }) | Ok(()) => Ok(()),
            Err(error) => Err(told(&self.place, &error)),
        }
    }
}

/// The next bytes of a file; none at its end.
fn next_part(file: &mut File, path: &Path) -> Result<Bytes, Failure> {
    let mut part = Vec::with_capacity(PART_BYTES);
    file.take(PART_BYTES as u64).read_to_end(&mut part).map_err(|error| refused(path, error))?;
    Ok(part.into())
}

/// What a store said, in one line.
fn told(place: &str, error: &Error) -> Failure {
    let mut deepest: &dyn std::error::Error = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    let deepest = deepest.to_string();
    // Some requests are refused without a kind of error of their own.
    let is_refused = matches!(error, Error::PermissionDenied { .. } | Error::Unauthenticated { .. })
        || ["401 ", "403 "].iter().any(|status| deepest.contains(&format!("status code: {status}")));
    let reason = match error {
        _ if is_elsewhere(&deepest) => match region(&deepest) {
            Some(region) => format!("AWS_REGION is not where the bucket is; the store says {region}"),
            None => "AWS_REGION is not where the bucket is".to_owned(),
        },
        _ if is_refused => {
            "the store refuses AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or these may not do this".to_owned()
        }
        Error::NotFound { .. } => "there is no such bucket or backup".to_owned(),
        _ => format!("the store cannot be reached or did not do it: {}", deepest.lines().next().unwrap_or_default()),
    };
    Failure::Request(format!("{place}: {reason}"))
}

/// Whether a store says that it is asked in the name of another region.
fn is_elsewhere(said: &str) -> bool {
    ["AuthorizationHeaderMalformed", "PermanentRedirect", "incorrectly configured region"]
        .iter()
        .any(|word| said.contains(word))
}

/// The region that a store names.
fn region(said: &str) -> Option<&str> {
    let (_, behind) = said.split_once("<Region>")?;
    let (region, _) = behind.split_once("</Region>")?;
    let is_one =
        !region.is_empty() && region.len() < 40 && region.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    is_one.then_some(region)
}

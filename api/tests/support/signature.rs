//! Whether a request to S3 carries the signature that its key's secret makes, in the store's region: Amazon's Signature Version 4, header by
//! header as <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html> and, for S3,
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html> publish it.

use std::fmt::Write;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// What is signed of a request, as it was sent.
pub struct Request<'a> {
    pub method: &'a str,
    /// Percent-encoded.
    pub path: &'a str,
    /// Percent-encoded, without the question mark.
    pub query: &'a str,
    /// Names in lower case.
    pub headers: &'a [(String, String)],
    pub body: &'a [u8],
}

/// What a store says to a request that it does not take, as its `Code`.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    AccessDenied,
    InvalidAccessKeyId,
    AuthorizationHeaderMalformed,
    SignatureDoesNotMatch,
    XAmzContentSHA256Mismatch,
}

impl Request<'_> {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.trim())
    }

    /// Checks the signature against the one key that is known, its secret and the store's region.
    pub fn check(&self, key_id: &str, secret: &str, region: &str) -> Result<(), Refusal> {
        let given = self.header("authorization").and_then(|given| given.strip_prefix(ALGORITHM));
        let given = given.ok_or(Refusal::AccessDenied)?;
        let part = |name: &str| given.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
        let credential = part("Credential").ok_or(Refusal::AccessDenied)?;
        let (Some(names), Some(signature)) = (part("SignedHeaders"), part("Signature")) else {
            return Err(Refusal::AccessDenied);
        };
        let [id, date, own_region, service, end]: [&str; 5] =
            credential.split('/').collect::<Vec<_>>().try_into().map_err(|_| Refusal::AuthorizationHeaderMalformed)?;
        if id != key_id {
            return Err(Refusal::InvalidAccessKeyId);
        }
        if own_region != region || (service, end) != ("s3", "aws4_request") {
            return Err(Refusal::AuthorizationHeaderMalformed);
        }
        let at = self.header("x-amz-date").filter(|at| at.starts_with(date)).ok_or(Refusal::AccessDenied)?;
        let hash = self.header("x-amz-content-sha256").ok_or(Refusal::AccessDenied)?;
        if hash != "UNSIGNED-PAYLOAD" && hash != hex(&Sha256::digest(self.body)) {
            return Err(Refusal::XAmzContentSHA256Mismatch);
        }
        let canonical = self.canonical(names, hash).ok_or(Refusal::AccessDenied)?;
        let scope = format!("{date}/{region}/s3/aws4_request");
        let to_sign = format!("{ALGORITHM}\n{at}\n{scope}\n{}", hex(&Sha256::digest(canonical)));
        let mut key = format!("AWS4{secret}").into_bytes();
        for part in [date, region, "s3", "aws4_request"] {
            key = signed(&key, part);
        }
        if hex(&signed(&key, &to_sign)) == signature { Ok(()) } else { Err(Refusal::SignatureDoesNotMatch) }
    }

    /// The request in the one spelling that is signed; nothing where a header that is said to be signed is not there, or the host is not signed.
    fn canonical(&self, names: &str, hash: &str) -> Option<String> {
        let mut pairs: Vec<(String, String)> = self
            .query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(name, value)| (respelled(name), respelled(value)))
            .collect();
        pairs.sort();
        let query: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut headers = String::new();
        for name in names.split(';') {
            headers.push_str(&format!("{name}:{}\n", self.header(name)?));
        }
        let is_host_signed = names.split(';').any(|name| name == "host");
        let (method, path, query) = (self.method, self.path, query.join("&"));
        is_host_signed.then(|| format!("{method}\n{path}\n{query}\n{headers}\n{names}\n{hash}"))
    }
}

/// A part of a query with the percent signs that the algorithm asks for, and no others.
fn respelled(text: &str) -> String {
    let mut out = String::new();
    for byte in super::decoded(text).bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(byte as char),
            _ => write!(out, "%{byte:02X}").expect("a text takes all"),
        }
    }
    out
}

fn signed(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The first example that Amazon publishes for S3: an object is read, a part of it.
#[test]
fn the_published_example_is_taken_and_any_change_of_it_is_not() {
    const SIGNATURE: &str = "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41";
    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const ID: &str = "AKIAIOSFODNN7EXAMPLE";
    const KEY: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    let names = "host;range;x-amz-content-sha256;x-amz-date";
    let given = format!(
        "{ALGORITHM} Credential={ID}/20130524/us-east-1/s3/aws4_request,SignedHeaders={names},Signature={SIGNATURE}"
    );
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let headers = [
        header("authorization", &given),
        header("host", "examplebucket.s3.amazonaws.com"),
        header("range", "bytes=0-9"),
        header("x-amz-content-sha256", EMPTY),
        header("x-amz-date", "20130524T000000Z"),
    ];
    let request = Request { method: "GET", path: "/test.txt", query: "", headers: &headers, body: b"" };
    assert_eq!(request.check(ID, KEY, "us-east-1"), Ok(()));
    assert_eq!(request.check(ID, "another secret", "us-east-1"), Err(Refusal::SignatureDoesNotMatch));
    assert_eq!(request.check(ID, KEY, "eu-west-1"), Err(Refusal::AuthorizationHeaderMalformed));
    assert_eq!(request.check("another", KEY, "us-east-1"), Err(Refusal::InvalidAccessKeyId));
    let other = Request { path: "/other.txt", ..request };
    assert_eq!(other.check(ID, KEY, "us-east-1"), Err(Refusal::SignatureDoesNotMatch));
    let written = Request { body: b"x", ..other };
    assert_eq!(written.check(ID, KEY, "us-east-1"), Err(Refusal::XAmzContentSHA256Mismatch));
}

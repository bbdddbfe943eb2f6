//! Every variable of a server once: its name, what holds without it, what it takes and what it means. The reference page, the checks and their
//! sentences are derived from this list.

/// What a variable takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// A text of one line, of so many characters at most.
    Line(usize),
    /// A region of a store: letters, digits and hyphens.
    Region,
    /// A text of so many bytes at least, shown nowhere.
    Secret(usize),
    /// A whole number within bounds.
    Number(u64, u64),
    /// A whole number within bounds, or `off`.
    NumberOrOff(u64, u64),
    /// `true` or `false`.
    Flag,
    /// One of some words, in any case.
    OneOf(&'static [&'static str]),
    /// Names of hosts, with commas between them.
    Hosts,
    /// Addresses and CIDR blocks, with commas between them.
    Networks,
    /// Origins, with commas between them.
    Origins,
    /// A filter of `env_logger`.
    Filter,
    /// A folder, or `s3://bucket/prefix`.
    Store,
    /// A time between two events, or `off`.
    Every,
    /// An address of HTTP or HTTPS.
    Address,
    /// US dollars, from 0 to a million.
    Dollars,
    /// A file that is read when the program starts.
    File,
}

impl Kind {
    /// What the reference page says of it.
    pub fn takes(self) -> String {
        match self {
            Kind::Text | Kind::Secret(..=1) => "a text".to_owned(),
            Kind::Line(max) => format!("a text of one line, at most {max} characters"),
            Kind::Region => "letters, digits and hyphens".to_owned(),
            Kind::Secret(min) => format!("at least {min} bytes"),
            Kind::Number(min, max) => format!("{min} to {max}"),
            Kind::NumberOrOff(min, max) => format!("{min} to {max}, or `off`"),
            Kind::Flag => "`true` or `false`".to_owned(),
            Kind::OneOf(words) => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "),
            Kind::Hosts => "hosts, comma-separated".to_owned(),
            Kind::Networks => "addresses and CIDR blocks, comma-separated".to_owned(),
            Kind::Origins => "origins, comma-separated".to_owned(),
            Kind::Filter => "a filter of `env_logger`".to_owned(),
            Kind::Store => "a folder, or `s3://bucket/prefix`".to_owned(),
            Kind::Every => "`30m`, `6h`, `1d`, or `off`".to_owned(),
            Kind::Address => "an address of HTTP or HTTPS".to_owned(),
            Kind::Dollars => "US dollars, such as `2.50`".to_owned(),
            Kind::File => "a file".to_owned(),
        }
    }

    /// A value that it does not take, where there is one.
    pub fn wrong(self) -> Option<String> {
        match self {
            Kind::Text | Kind::Secret(..=1) => None,
            Kind::Line(max) => Some("x".repeat(max + 1)),
            Kind::Region => Some("eu west 1".to_owned()),
            Kind::Secret(min) => Some("short".chars().take(min.saturating_sub(1)).collect()),
            Kind::Number(_, max) | Kind::NumberOrOff(_, max) => {
                Some(max.checked_add(1).map_or_else(|| "many".to_owned(), |n| n.to_string()))
            }
            Kind::Flag | Kind::OneOf(_) => Some("maybe".to_owned()),
            Kind::Hosts => Some("https://example.com/".to_owned()),
            Kind::Networks => Some("10.0.0.0/99".to_owned()),
            Kind::Origins => Some("studio.example.com".to_owned()),
            Kind::Filter => Some("info,api=loud".to_owned()),
            Kind::Store => Some("ftp://host/folder".to_owned()),
            Kind::Every => Some("often".to_owned()),
            Kind::Address => Some("s3.example.com".to_owned()),
            Kind::Dollars => Some("-1".to_owned()),
            Kind::File => Some("/no/such/file".to_owned()),
        }
    }
}

/// A variable.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its name.
    pub name: &'static str,
    /// What holds where it is not set, as a value or in words.
    pub default: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// What it means.
    pub meaning: &'static str,
}

const fn setting(name: &'static str, default: &'static str, kind: Kind, meaning: &'static str) -> Setting {
    Setting { name, default, kind, meaning }
}

/// All variables of a server, in the order in which people meet them.
pub const SETTINGS: &[Setting] = &[
    setting("HOST", "127.0.0.1", Kind::Text, "address to listen on"),
    setting("PORT", "8000", Kind::Number(0, 65_535), "port to listen on; 0 takes a free one"),
    setting("DATA_DIR", "data", Kind::Text, "folder of the database, generated files, the secret key and the lock"),
    setting(
        "SECRET_KEY",
        "made once and kept in DATA_DIR/secret_key while HOST is a loopback address; else required",
        Kind::Secret(32),
        "signs sessions and links; another one ends all sessions",
    ),
    setting("DEBUG", "false", Kind::Flag, "causes in 500 answers, and debug logs"),
    setting(
        "ALLOWED_HOSTS",
        "localhost,127.0.0.1,[::1]",
        Kind::Hosts,
        "Host values served, ports aside; .example.com covers subdomains, * all. /health/* answers any Host",
    ),
    setting(
        "TRUSTED_PROXIES",
        "none",
        Kind::Networks,
        "proxies whose X-Forwarded-For and X-Forwarded-Proto are believed, counted from the right",
    ),
    setting(
        "SECURE_SSL_REDIRECT",
        "false",
        Kind::Flag,
        "requests that reach the proxy over HTTP are sent to HTTPS; needs TRUSTED_PROXIES",
    ),
    setting(
        "SECURE_HSTS_SECONDS",
        "0",
        Kind::Number(0, 63_072_000),
        "how long browsers remember to use HTTPS only; 0 says nothing to them",
    ),
    setting("SECURE_HSTS_INCLUDE_SUBDOMAINS", "false", Kind::Flag, "whether that holds for subdomains too"),
    setting(
        "SECURE_HSTS_PRELOAD",
        "false",
        Kind::Flag,
        "whether browsers may carry it in their lists; needs a year of seconds and the subdomains",
    ),
    setting(
        "SESSION_COOKIE_SECURE",
        "on unless HOST is a loopback address",
        Kind::Flag,
        "whether browsers send the session's cookie over HTTPS only",
    ),
    setting(
        "SESSION_COOKIE_SAMESITE",
        "Strict",
        Kind::OneOf(&["Strict", "Lax", "None"]),
        "with which requests of other sites browsers send the cookie; None is for a studio on another site, and needs SESSION_COOKIE_SECURE",
    ),
    setting(
        "CORS_ALLOWED_ORIGINS",
        "none",
        Kind::Origins,
        "origins of a studio that is served elsewhere, such as https://studio.example.com",
    ),
    setting("WEB_CONCURRENCY", "cores", Kind::Number(1, 256), "threads that answer requests"),
    setting(
        "GENERATE_CONCURRENCY",
        "cores - 1, at least 1",
        Kind::Number(1, 256),
        "threads that make the rows of a generation",
    ),
    setting("DATABASE_POOL_SIZE", "8", Kind::Number(1, 256), "connections that read the database"),
    setting(
        "SQLITE_BUSY_TIMEOUT_MS",
        "20000",
        Kind::Number(1, 600_000),
        "how long a connection waits for another's lock; then the answer is 503",
    ),
    setting("LOCK_WAIT_S", "90", Kind::Number(0, 3600), "how long a server waits for another that holds DATA_DIR"),
    setting("MAX_UPLOAD_MB", "100", Kind::Number(1, 1 << 20), "size of a request's body at most; more is 413"),
    setting(
        "MAX_ROWS_PER_GENERATION",
        "100000000",
        Kind::Number(1, engine::plan::MAX_ROWS),
        "rows that one generation may have in all its tables",
    ),
    setting("MIN_FREE_DISK_MB", "200", Kind::Number(0, 1 << 40), "disk space that generations and exports leave free"),
    setting(
        "GENERATION_TTL_DAYS",
        "off",
        Kind::NumberOrOff(1, 36_500),
        "days after which a generation that has ended is deleted with its rows and exports",
    ),
    setting(
        "METRICS_TOKEN",
        "none",
        Kind::Secret(16),
        "the bearer token with which /metrics answers; without it /metrics is 404",
    ),
    setting(
        "BACKUP_TARGET",
        "DATA_DIR/backups",
        Kind::Store,
        "where backups go; where it is set, one more is made when a server stops, and a server without a database restores the newest of a bucket",
    ),
    setting("BACKUP_EVERY", "off", Kind::Every, "how often a server makes a backup"),
    setting("BACKUP_KEEP", "30", Kind::Number(1, 10_000), "backups that are kept; the oldest go"),
    setting("AWS_ACCESS_KEY_ID", "none", Kind::Secret(1), "who asks an S3-compatible store"),
    setting("AWS_SECRET_ACCESS_KEY", "none", Kind::Secret(1), "signs what is asked of it"),
    setting("AWS_REGION", "us-east-1", Kind::Region, "where the bucket is"),
    setting(
        "AWS_ENDPOINT_URL",
        "Amazon's",
        Kind::Address,
        "another S3-compatible store, such as https://s3.example.com",
    ),
    setting(
        "OPENAI_API_KEY",
        "none",
        Kind::Secret(1),
        "asks the language model; any word where its server wants none. Without it a request brings its own in X-OpenAI-Api-Key",
    ),
    setting(
        "OPENAI_BASE_URL",
        ::llm::config::DEFAULT_BASE_URL,
        Kind::Address,
        "a server that speaks OpenAI's protocol, such as http://127.0.0.1:11434/v1",
    ),
    setting(
        "OPENAI_MODEL",
        ::llm::config::DEFAULT_MODEL,
        Kind::Line(200),
        "the language model; its answers are kept by its name",
    ),
    setting(
        "LLM_BUDGET_USD",
        "none",
        Kind::Dollars,
        "what the language model may cost for one generation, or one question to the assistant; no call is made beyond it",
    ),
    setting(
        "LLM_PRICES",
        "a table that is built in",
        Kind::File,
        "prices of models by the token, as JSON: {\"read_on\": \"2026-06-21\", \"source\": \"…\", \"models\": {\"name\": {\"input\": 0.4, \"output\": 1.6}}}, in US dollars a million",
    ),
    setting("RUST_LOG", "info; debug where DEBUG is on", Kind::Filter, "filter of the log"),
];

/// The setting of a name.
pub fn by_name(name: &str) -> &'static Setting {
    SETTINGS.iter().find(|setting| setting.name == name).expect("every variable that is read is declared")
}

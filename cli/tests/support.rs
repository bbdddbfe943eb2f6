//! A folder of its own for each test, and the binary run in it.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use assert_cmd::cargo::cargo_bin;

/// A folder in which commands run; it goes with the value.
pub struct Home {
    folder: tempfile::TempDir,
    binary: PathBuf,
}

/// What a command did.
#[derive(Debug)]
pub struct Ran {
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Home {
    pub fn new() -> Home {
        let folder = tempfile::tempdir().expect("a temporary folder");
        // `BINARY` names another build of it.
        let binary = env::var_os("BINARY").map_or_else(|| cargo_bin("synthetic-data"), PathBuf::from);
        Home { folder, binary }
    }

    /// Puts the binary into the folder, for a user who may not come to where it was built.
    pub fn lend_binary(&mut self) {
        let lent = self.at("synthetic-data");
        fs::hard_link(&self.binary, &lent).or_else(|_| fs::copy(&self.binary, &lent).map(drop)).expect("the binary");
        self.binary = lent;
    }

    /// A folder that holds the example `hiring.yaml`.
    pub fn with_hiring() -> Home {
        let home = Home::new();
        home.run(&["init", "hiring"]).succeeds();
        home
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.at(name), text).expect("a file is written");
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.at(name)).expect("a text file")
    }

    pub fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.at(name)).expect("a file")
    }

    /// The names in a folder, in order, hidden ones among them.
    pub fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.at(folder)).expect("a folder");
        let mut names: Vec<String> =
            entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .args(arguments)
            .current_dir(self.path())
            .env_remove("COLUMNS")
            .env_remove("NO_COLOR")
            .env_remove("OPENAI_API_KEY")
            .env_remove("OPENAI_BASE_URL")
            .env_remove("OPENAI_MODEL")
            .stdin(Stdio::null());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments).output().expect("the binary runs"))
    }
}

impl Ran {
    pub fn of(output: Output) -> Ran {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the binary prints text");
        Ran { status: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    #[track_caller]
    pub fn succeeds(self) -> Ran {
        assert_eq!(self.status, Some(0), "{self:#?}");
        self
    }

    #[track_caller]
    pub fn fails(self) -> Ran {
        assert_eq!(self.status, Some(1), "{self:#?}");
        self
    }

    #[track_caller]
    pub fn refuses_usage(self) -> Ran {
        assert_eq!(self.status, Some(2), "{self:#?}");
        self
    }
}

/// The root of the source tree.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

//! `changepassword`: gives a user another password from the command line.

use std::io::{self, Write};

use api::users::service;
use clap::Args;

use crate::environment;
use crate::stop::Stop;

/// Give a user another password
///
/// All sessions of the user end. It may run beside a server.
#[derive(Args)]
#[command(after_help = "\
Examples:
  synthetic-data changepassword --email ana@example.com --password - < password.txt
  SUPERUSER_EMAIL=ana@example.com SUPERUSER_PASSWORD=… synthetic-data changepassword")]
pub struct ChangePassword {
    /// E-mail address of the user
    #[arg(long, env = "SUPERUSER_EMAIL")]
    email: String,
    /// Password of at least 12 characters; `-` reads a line of standard input
    #[arg(long, env = "SUPERUSER_PASSWORD", hide_env_values = true)]
    password: String,
}

impl ChangePassword {
    /// Runs the command.
    pub fn run(self) -> Result<(), Stop> {
        let config = environment::installation()?;
        let password = environment::password(self.password)?;
        let said = |error: api::error::ApiError| Stop::problems(error.sentences());
        let hash = service::hash_checked(&password, &self.email).map_err(said)?;
        let database = config.data_dir.join(api::db::FILE_NAME);
        if !database.is_file() {
            let sentence = format!("{}: there is no database; `synthetic-data migrate` makes one", database.display());
            return Err(Stop::problem(sentence));
        }
        let (db, _) = api::server::open_database(&config).map_err(Stop::problem)?;
        let user = db.write_now(|c| service::change_password(c, &self.email, &hash)).map_err(said)?;
        Ok(writeln!(io::stdout().lock(), "{} has another password; all sessions have ended", user.email)?)
    }
}

//! `createsuperuser`: adds an admin from the command line.

use std::io::{self, Write};

use api::users::Role;
use api::users::service::{self, NewUser};
use clap::Args;

use crate::environment;
use crate::stop::Stop;

/// Add a user who is an admin
///
/// It may run beside a server.
#[derive(Args)]
#[command(after_help = "\
Examples:
  synthetic-data createsuperuser --email ana@example.com --password - < password.txt
  SUPERUSER_EMAIL=ana@example.com SUPERUSER_PASSWORD=… synthetic-data createsuperuser")]
pub struct CreateSuperuser {
    /// E-mail address to sign in with
    #[arg(long, env = "SUPERUSER_EMAIL")]
    email: String,
    /// Password of at least 12 characters; `-` reads a line of standard input
    #[arg(long, env = "SUPERUSER_PASSWORD", hide_env_values = true)]
    password: String,
    /// How the user is called; by default the address
    #[arg(long, default_value = "", hide_default_value = true)]
    name: String,
}

impl CreateSuperuser {
    /// Runs the command.
    pub fn run(self) -> Result<(), Stop> {
        let config = environment::installation()?;
        let password = environment::password(self.password)?;
        let row = NewUser { email: self.email, name: self.name, role: Role::Admin, password }.prepare();
        let row = row.map_err(|error| Stop::problems(error.sentences()))?;
        let (db, _) = api::server::open_database(&config).map_err(Stop::problem)?;
        let user = db.write_now(|c| service::add(c, &row)).map_err(|error| Stop::problems(error.sentences()))?;
        Ok(writeln!(io::stdout().lock(), "{} is an admin", user.email)?)
    }
}

//! The language model of commands that run without a server, with the answers of a data folder.

use std::sync::Arc;

use ::llm::Failure as ModelFailure;
use ::llm::estimate::Estimate;
use engine::llm::{Answers, Wanted};
use engine::plan::{Plan, Report};

use super::model::LanguageModel;
use super::pools::{self, Filled, Filling, Part, Progress};
use super::store;
use crate::db::{Db, FILE_NAME};
use crate::error::ApiError;
use crate::{Cancellation, Config, Failure, server};

/// A language model, and the database that keeps its answers. A server may use the same database meanwhile.
pub struct Session {
    model: LanguageModel,
    db: Option<Db>,
}

impl Session {
    /// For who asks: the database is made where it is missing.
    pub fn to_ask(config: &Config) -> Result<Session, Failure> {
        let (db, _) = server::open_database(config).map_err(Failure::Request)?;
        Ok(Session { model: LanguageModel::new(config.model.clone()), db: Some(db) })
    }

    /// For who asks nothing: without a database nothing is kept. Where it cannot be read, the sentence says why, and nothing is kept either.
    pub fn to_look(config: &Config) -> (Session, Option<String>) {
        let model = LanguageModel::new(config.model.clone());
        if !config.data_dir.join(FILE_NAME).exists() {
            return (Session { model, db: None }, None);
        }
        match server::open_database(config) {
            Ok((db, _)) => (Session { model, db: Some(db) }, None),
            Err(sentence) => (Session { model, db: None }, Some(sentence)),
        }
    }

    /// The model's name.
    pub fn name(&self) -> &str {
        self.model.name()
    }

    /// What a plan's report says with what is kept and what the rest costs.
    pub fn described(&self, plan: &Plan) -> Result<Report, Failure> {
        Ok(pools::described(&self.model, self.db.as_ref(), plan)?)
    }

    /// What is kept of the answers that a look at a plan asks for.
    pub fn kept(&self, plan: &Plan, part: Part) -> Result<Option<Arc<Answers>>, Failure> {
        match &self.db {
            Some(db) => pools::kept(&self.model, db, plan, part).map_err(|error| Failure::Request(error.to_string())),
            None => Ok(None),
        }
    }

    /// Forgets of these questions that the model had no more answers, so that it is asked again.
    pub fn forget(&self, wanted: &[Wanted]) -> Result<(), Failure> {
        let addresses: Vec<String> = wanted.iter().map(|wanted| wanted.question.address(self.model.name()).0).collect();
        let forgotten = self.database()?.write_now(|c| {
            addresses.iter().try_for_each(|address| store::forget_exhausted_of(c, address)).map_err(ApiError::from)
        });
        forgotten.map_err(|error| Failure::Request(error.to_string()))
    }

    /// What filling pools takes.
    pub fn estimated(&self, wanted: &[Wanted]) -> Result<Estimate, Failure> {
        Ok(pools::estimated(&self.model, self.database()?, wanted)?)
    }

    /// Fills pools; gives the answers, and what they took.
    pub fn fill(
        &self,
        wanted: &[Wanted],
        ceiling_usd: Option<f64>,
        cancellation: &Cancellation,
        watch: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<(Arc<Answers>, Filled), Failure> {
        let db = self.database()?;
        let filling = Filling { model: &self.model, db, key: None, ceiling_usd, generation: None };
        let filled = filling.fill(wanted, cancellation, watch);
        cancellation.check()?;
        let filled = filled?;
        let answers = db.read_now(|c| pools::answers_of(c, &filled.pools));
        Ok((answers.map_err(|error| Failure::Request(error.to_string()))?, filled))
    }

    fn database(&self) -> Result<&Db, ModelFailure> {
        self.db.as_ref().ok_or_else(|| ModelFailure::store("there is no database"))
    }
}

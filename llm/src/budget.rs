//! A ceiling of the cost, which no call is started beyond.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::failure::{Code, Failure};
use crate::prices::Price;
use crate::protocol::Usage;

#[derive(Debug, Default)]
struct Sums {
    spent: u64,
    reserved: u64,
}

#[derive(Debug)]
struct Inner {
    limit: Option<u64>,
    model: String,
    price: Option<Price>,
    sums: Mutex<Sums>,
    settled: Notify,
}

/// What calls may cost together. Clones share it: one serves all pools of a generation.
///
/// Each call reserves what it is likely to cost before it is sent, and settles with what it took; so the ceiling is passed by no more than
/// the calls in flight were thought too cheap. What was sent and not answered - cut off, too late, cancelled - may be billed all the same, and
/// counts as what was reserved for it.
#[derive(Clone, Debug)]
pub struct Ceiling(Arc<Inner>);

/// What one call is likely to cost, until it is settled or dropped.
#[derive(Debug)]
pub struct Reservation {
    ceiling: Ceiling,
    amount: u64,
    /// Whether the call may have been heard, and is not answered yet.
    is_sent: bool,
    /// Who is told what may be billed without an answer, in millionths of a dollar.
    unanswered: Arc<AtomicU64>,
}

impl Ceiling {
    /// A ceiling of so many US dollars for a model of this price. Below a limit without a price no call is made, since nobody could hold it.
    pub fn new(limit_usd: Option<f64>, model: &str, price: Option<Price>) -> Ceiling {
        // A limit that is no number allows nothing.
        let limit = limit_usd.map(|limit| (limit * 1e6).max(0.0) as u64);
        let (model, sums, settled) = (model.to_owned(), Mutex::default(), Notify::new());
        Ceiling(Arc::new(Inner { limit, model, price, sums, settled }))
    }

    /// The same of work that goes on, with what it has spent before.
    #[must_use]
    pub fn with_spent(self, microusd: u64) -> Ceiling {
        self.sums().spent += microusd;
        self
    }

    /// No ceiling.
    pub fn none(price: Option<Price>) -> Ceiling {
        Ceiling::new(None, "", price)
    }

    fn sums(&self) -> MutexGuard<'_, Sums> {
        self.0.sums.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Millionths of a dollar spent so far.
    pub fn spent_microusd(&self) -> u64 {
        self.sums().spent
    }

    /// Millionths of a dollar that usage costs; none where the price is not known.
    pub fn cost_microusd(&self, usage: Usage) -> Option<u64> {
        self.0.price.map(|price| price.cost_microusd(usage))
    }

    /// Reserves what a call is likely to cost. Where it fits only once calls in flight turn out cheaper, it waits for them.
    pub async fn reserve(&self, expected: Usage) -> Result<Reservation, Failure> {
        self.reserve_for(expected, Arc::default()).await
    }

    /// The same; who holds `unanswered` is told what may be billed without an answer.
    pub(crate) async fn reserve_for(
        &self,
        expected: Usage,
        unanswered: Arc<AtomicU64>,
    ) -> Result<Reservation, Failure> {
        match (self.0.limit, self.cost_microusd(expected)) {
            (Some(limit), None) => Err(self.unpriced(limit)),
            (_, amount) => self.reserve_microusd(amount.unwrap_or(0), unanswered).await,
        }
    }

    fn unpriced(&self, limit: u64) -> Failure {
        let (limit, model) = (limit as f64 / 1e6, &self.0.model);
        Failure::new(
            Code::Budget,
            format!(
                "a ceiling of {limit} US dollars cannot be held, since the price of the model {model:?} is not known; \
                 add it to the table of prices, or ask without a ceiling"
            ),
        )
    }

    async fn reserve_microusd(&self, amount: u64, unanswered: Arc<AtomicU64>) -> Result<Reservation, Failure> {
        loop {
            let settled = self.0.settled.notified();
            tokio::pin!(settled);
            // Who settles between the look at the sums and the wait is heard too.
            settled.as_mut().enable();
            {
                let mut sums = self.sums();
                let limit = self.0.limit.unwrap_or(u64::MAX);
                if sums.spent.saturating_add(amount) > limit {
                    return Err(self.passed(sums.spent, amount));
                }
                if sums.spent.saturating_add(sums.reserved).saturating_add(amount) <= limit {
                    sums.reserved += amount;
                    return Ok(Reservation { ceiling: self.clone(), amount, is_sent: false, unanswered });
                }
            }
            settled.await;
        }
    }

    fn passed(&self, spent: u64, amount: u64) -> Failure {
        let usd = |micro: u64| micro as f64 / 1e6;
        Failure::new(
            Code::Budget,
            format!(
                "the next call of the language model would cost about {} US dollars and pass the ceiling of {}, of which {} are spent; \
                 raise LLM_BUDGET_USD or the request's ceiling, or ask for less",
                usd(amount),
                usd(self.0.limit.unwrap_or_default()),
                usd(spent),
            ),
        )
    }
}

impl Reservation {
    /// The call is sent: from now on it may be billed.
    pub fn sent(&mut self) {
        self.is_sent = true;
    }

    /// The call was refused or never heard, and costs nothing.
    pub fn refused(&mut self) {
        self.is_sent = false;
    }

    /// Reserves another attempt; what the last one may have cost stays spent.
    pub async fn again(&mut self) -> Result<(), Failure> {
        if self.is_sent {
            let (ceiling, amount, unanswered) = (self.ceiling.clone(), self.amount, self.unanswered.clone());
            // What was reserved is let go first, or the wait for others would be one for itself.
            let nothing =
                Reservation { ceiling: ceiling.clone(), amount: 0, is_sent: false, unanswered: Arc::default() };
            drop(std::mem::replace(self, nothing));
            *self = ceiling.reserve_microusd(amount, unanswered).await?;
        }
        Ok(())
    }

    /// Puts what the call took in the place of what was reserved.
    pub fn settle(mut self, actual: Usage) {
        self.is_sent = false;
        let cost = self.ceiling.cost_microusd(actual).unwrap_or(0);
        self.ceiling.sums().spent += cost;
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let mut sums = self.ceiling.sums();
        sums.reserved -= self.amount;
        if self.is_sent {
            sums.spent += self.amount;
            self.unanswered.fetch_add(self.amount, Ordering::Relaxed);
        }
        drop(sums);
        self.ceiling.0.settled.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRICE: Option<Price> = Some(Price { input: 1.0, output: 1.0 });

    fn tokens(prompt_tokens: u64) -> Usage {
        Usage { calls: 1, prompt_tokens, completion_tokens: 0 }
    }

    #[tokio::test]
    async fn a_call_that_would_pass_the_ceiling_is_not_started() {
        let ceiling = Ceiling::new(Some(0.0001), "m", PRICE);
        ceiling.reserve(tokens(60)).await.expect("fits").settle(tokens(50));
        let failure = ceiling.reserve(tokens(60)).await.expect_err("does not fit");
        assert_eq!(failure.code, Code::Budget);
        assert!(
            failure.detail.contains("ceiling of 0.0001") && failure.detail.contains("0.00005 are spent"),
            "{failure}"
        );
        drop(ceiling.reserve(tokens(50)).await.expect("fits"));
        assert_eq!(ceiling.spent_microusd(), 50);
    }

    #[tokio::test]
    async fn who_fits_beside_cheaper_calls_waits_for_them() {
        let ceiling = Ceiling::new(Some(0.0001), "m", PRICE);
        let first = ceiling.reserve(tokens(80)).await.expect("fits");
        let second = ceiling.reserve(tokens(80));
        let settle = async {
            tokio::task::yield_now().await;
            first.settle(tokens(20));
        };
        let (second, ()) = tokio::join!(second, settle);
        second.expect("fits now").settle(tokens(80));
        assert_eq!(ceiling.spent_microusd(), 100);
    }

    #[tokio::test]
    async fn work_that_goes_on_has_spent_what_it_spent() {
        let ceiling = Ceiling::new(Some(0.0001), "m", PRICE).with_spent(60);
        assert_eq!(ceiling.reserve(tokens(50)).await.expect_err("does not fit").code, Code::Budget);
        drop(ceiling.reserve(tokens(40)).await.expect("fits"));
    }

    #[tokio::test]
    async fn below_a_ceiling_without_a_price_no_call_is_made() {
        let failure = Ceiling::new(Some(1.0), "unknown", None).reserve(tokens(1)).await.expect_err("no price");
        assert!(failure.code == Code::Budget && failure.detail.contains("\"unknown\""), "{failure}");
        assert!(Ceiling::new(None, "unknown", None).reserve(tokens(1)).await.is_ok());
    }

    #[tokio::test]
    async fn what_was_sent_and_not_answered_counts_as_reserved() {
        let ceiling = Ceiling::new(Some(0.0001), "m", PRICE);
        let unanswered: Arc<AtomicU64> = Arc::default();
        let mut call = ceiling.reserve_for(tokens(40), unanswered.clone()).await.expect("fits");
        call.sent();
        call.refused();
        call.again().await.expect("costs nothing yet");
        assert_eq!(ceiling.spent_microusd(), 0);
        call.sent();
        call.again().await.expect("fits");
        assert_eq!(ceiling.spent_microusd(), 40);
        call.sent();
        assert_eq!(call.again().await.expect_err("does not fit").code, Code::Budget);
        drop(call);
        assert_eq!((ceiling.spent_microusd(), unanswered.load(Ordering::Relaxed)), (80, 80));
        // Nothing is reserved any more.
        drop(ceiling.reserve(tokens(20)).await.expect("fits"));
    }
}

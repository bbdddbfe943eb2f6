//! How often somebody may try to sign in: by account and the client's address, so that one password is not guessed; by address, so that many are
//! not guessed from one; and by account with much more room, so that one is not guessed from many.
//!
//! Whoever fails on purpose keeps nobody else out: the last of the three does not ask of addresses from which the account signed in before, and
//! gives one attempt back so often that it slows down more than it locks.
//!
//! Each has a bucket of attempts that fills up again with time. An attempt is taken before the password is looked at, so that many at once
//! count as well, and given back where the password was right.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::users::service::address_of;

/// Buckets at most; those that are full again go first.
const MAX_BUCKETS: usize = 100_000;

/// How a bucket fills.
#[derive(Clone, Copy)]
struct Rate {
    /// Attempts at once.
    burst: f64,
    /// How long an attempt takes to come back.
    every: Duration,
}

const PAIR: Rate = Rate { burst: 10.0, every: Duration::from_secs(30) };
const ADDRESS: Rate = Rate { burst: 30.0, every: Duration::from_secs(5) };
const ACCOUNT: Rate = Rate { burst: 100.0, every: Duration::from_secs(10) };

/// What is left of the attempts of accounts and addresses.
#[derive(Default)]
pub struct Throttle(Mutex<Counts>);

#[derive(Default)]
struct Counts {
    buckets: HashMap<String, Bucket>,
    /// Accounts with addresses from which they signed in.
    known: HashSet<String>,
}

#[derive(Clone, Copy)]
struct Bucket {
    left: f64,
    at: Instant,
    rate: Rate,
}

impl Bucket {
    fn filled(&self, now: Instant) -> f64 {
        let back = now.saturating_duration_since(self.at).as_secs_f64() / self.rate.every.as_secs_f64();
        (self.left + back).min(self.rate.burst)
    }
}

/// An attempt that was let through.
#[derive(Debug)]
pub struct Attempt {
    /// The account and the address.
    pair: String,
    address: String,
    account: String,
}

impl Throttle {
    /// Takes an attempt at an account from an address, or says in how many seconds there is another.
    pub fn take(&self, account: &str, address: &str) -> Result<Attempt, u64> {
        self.take_at(account, address, Instant::now())
    }

    fn take_at(&self, account: &str, address: &str, now: Instant) -> Result<Attempt, u64> {
        // Longer than any address: they share a bucket.
        let account: String = address_of(account).chars().take(254).collect();
        let attempt = Attempt {
            pair: format!("pair {address} {account}"),
            address: format!("address {address}"),
            account: format!("account {account}"),
        };
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Counts { buckets, known } = &mut *counts;
        if buckets.len() >= MAX_BUCKETS {
            buckets.retain(|_, bucket| bucket.filled(now) < bucket.rate.burst);
        }
        if buckets.len() >= MAX_BUCKETS {
            return Err(PAIR.every.as_secs());
        }
        let mut wanted = vec![(&attempt.pair, PAIR), (&attempt.address, ADDRESS)];
        if !known.contains(&attempt.pair) {
            wanted.push((&attempt.account, ACCOUNT));
        }
        let mut wait = Duration::ZERO;
        for &(name, rate) in &wanted {
            let left = buckets.get(name).map_or(rate.burst, |bucket| bucket.filled(now));
            if left < 1.0 {
                wait = wait.max(rate.every.mul_f64(1.0 - left));
            }
        }
        if wait > Duration::ZERO {
            return Err(wait.as_secs_f64().ceil() as u64);
        }
        for (name, rate) in wanted {
            let left = buckets.get(name).map_or(rate.burst, |bucket| bucket.filled(now)) - 1.0;
            buckets.insert(name.clone(), Bucket { left, at: now, rate });
        }
        Ok(attempt)
    }

    /// Gives an attempt back, the password being right. The failures at the account from this address are forgotten, those of the address at
    /// others are not: else whoever has an account could guess the passwords of others without end.
    pub fn succeeded(&self, attempt: &Attempt) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Counts { buckets, known } = &mut *counts;
        buckets.remove(&attempt.pair);
        for name in [&attempt.address, &attempt.account] {
            if let Some(bucket) = buckets.get_mut(name) {
                bucket.left = (bucket.left + 1.0).min(bucket.rate.burst);
            }
        }
        if known.len() >= MAX_BUCKETS {
            known.clear();
        }
        known.insert(attempt.pair.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_tried_so_often_from_an_address_and_then_again_with_time() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        for _ in 0..10 {
            throttle.take_at("Ana@example.com", "203.0.113.1", now).expect("an attempt");
        }
        assert_eq!(throttle.take_at("ana@EXAMPLE.com ", "203.0.113.1", now).expect_err("none is left"), 30);
        throttle.take_at("ana@example.com", "192.0.2.1", now).expect("another address");
        throttle.take_at("eva@example.com", "203.0.113.1", now).expect("another account");
        let later = now + Duration::from_secs(31);
        throttle.take_at("ana@example.com", "203.0.113.1", later).expect("one came back");
        throttle.take_at("ana@example.com", "203.0.113.1", later).expect_err("one alone");
    }

    #[test]
    fn an_address_tries_so_many_accounts_whatever_succeeds_between() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        for attempt in 0..30 {
            throttle.take_at(&format!("user{attempt}@example.com"), "192.0.2.1", now).expect("an attempt");
        }
        assert_eq!(throttle.take_at("ana@example.com", "192.0.2.1", now).expect_err("none is left"), 5);
        let other = throttle.take_at("ana@example.com", "192.0.2.2", now).expect("another address");
        throttle.succeeded(&other);
        throttle.take_at("ana@example.com", "192.0.2.1", now).expect_err("still none");
    }

    #[test]
    fn whoever_fails_from_many_addresses_slows_down_strange_ones_alone() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        let own = throttle.take_at("ana@example.com", "192.0.2.1", now).expect("an attempt");
        throttle.succeeded(&own);
        for attempt in 0..100 {
            throttle.take_at("ana@example.com", &format!("198.51.100.{attempt}"), now).expect("an attempt");
        }
        assert_eq!(throttle.take_at("ana@example.com", "203.0.113.1", now).expect_err("none is left"), 10);
        throttle.take_at("ana@example.com", "192.0.2.1", now).expect("where she signed in before");
        throttle.take_at("eva@example.com", "203.0.113.1", now).expect("another account");
    }

    #[test]
    fn who_knows_the_password_is_never_kept_out() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        for _ in 0..100 {
            let attempt = throttle.take_at("ana@example.com", "192.0.2.1", now).expect("an attempt");
            throttle.succeeded(&attempt);
        }
    }
}

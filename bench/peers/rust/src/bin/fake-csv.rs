//! The table as CSV by the crates `fake` and `csv`.

use std::io;

use chrono::{DateTime, Days, Utc};
use fake::Fake;
use fake::faker::boolean::en::Boolean;
use fake::faker::chrono::en::DateTimeBetween;
use fake::faker::internet::en::SafeEmail;
use fake::faker::lorem::en::Sentence;
use fake::faker::name::en::{FirstName, LastName};
use fake::uuid::UUIDv4;
use peers::{CATEGORIES, DAYS, FIRST_DAY, arguments};
use rand::SeedableRng;
use rand::rngs::SmallRng;
use rand_distr::weighted::WeightedIndex;
use rand_distr::{Distribution, Normal};
use serde::Serialize;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Serialize)]
struct Person {
    id: u64,
    key: String,
    first_name: String,
    last_name: String,
    email: String,
    category: &'static str,
    price: f64,
    signed_on: String,
    active: Option<bool>,
    note: String,
}

fn main() -> io::Result<()> {
    let (rows, file, _) = arguments()?;
    let mut writer = csv::WriterBuilder::new().buffer_capacity(1 << 20).from_writer(file);
    let rng = &mut SmallRng::seed_from_u64(1);
    let shares = WeightedIndex::new(CATEGORIES.map(|(_, weight)| weight)).map_err(io::Error::other)?;
    let prices = Normal::new(100.0, 25.0).map_err(io::Error::other)?;
    let first = DateTime::UNIX_EPOCH + Days::new(u64::from(FIRST_DAY));
    let last = first + Days::new(u64::from(DAYS - 1));
    for id in 1..=rows {
        let price: f64 = prices.sample(rng);
        writer.serialize(Person {
            id,
            key: UUIDv4.fake_with_rng(rng),
            first_name: FirstName().fake_with_rng(rng),
            last_name: LastName().fake_with_rng(rng),
            email: SafeEmail().fake_with_rng(rng),
            category: CATEGORIES[shares.sample(rng)].0,
            price: (price.clamp(1.0, 1000.0) * 100.0).round() / 100.0,
            signed_on: DateTimeBetween(first, last).fake_with_rng::<DateTime<Utc>, _>(rng).date_naive().to_string(),
            active: Boolean(90).fake_with_rng::<bool, _>(rng).then(|| Boolean(70).fake_with_rng(rng)),
            note: Sentence(5..8).fake_with_rng(rng),
        })?;
    }
    writer.flush()
}

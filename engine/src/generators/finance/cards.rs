//! Payment cards: network, number, security code and expiry of one card, where columns of one entity show them.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, StringViewArray};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::identifiers::Numbers;
use super::super::lists::{Draw, FromList, List, likely};
use super::super::person::names::{text_attribute, texts};
use super::super::text::{TextColumn, nothing_fits};
use super::super::{Cells, Countable, Fill, Generator, Made, Problems, Rows, RunError};
use super::currencies::weights_of;
use crate::identifiers::{CardNumbers, Facts, NETWORKS, Needs, Network, Space};
use crate::permutation::Permutation;
use crate::plan::Context;
use crate::problem::{Problem, pointer_step};
use crate::random::Key;
use crate::schema::{DAY_US, civil_of_days};
use crate::types::LogicalType;

/// A payment card's network.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditCardNetwork {
    /// How often each network comes, in proportion; those that are not named never do. When absent, Visa and Mastercard come most, beside
    /// American Express, Discover, Diners Club, JCB and UnionPay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "weight"))]
    weights: Option<BTreeMap<String, f64>>,
}

impl Generator for CreditCardNetwork {
    const EXAMPLE: &'static str = "{type: credit_card_network, weights: {Visa: 3, Mastercard: 2}}";
    const ATTRIBUTE: bool = true;

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let (names, weights): (Vec<&str>, Vec<f64>) = match &self.weights {
            None => NETWORKS.iter().map(|network| (network.name, network.weight)).unzip(),
            Some(given) => {
                let mut chosen = Vec::with_capacity(given.len());
                for (name, weight) in given {
                    chosen.push((NETWORKS[named(name, &format!("/weights{}", pointer_step(name)))?].name, *weight));
                }
                chosen.into_iter().unzip()
            }
        };
        let alias = weights_of(&weights)?;
        let list = List::of_texts(names);
        let (longest, domain) = (list.longest(), likely(&list, &weights));
        let fill = FromList { list, key: cx.key("value"), draw: Draw::Weighted(alias) };
        Ok(Made { longest, ..Made::drawn(LogicalType::String, fill).counted(domain) })
    }
}

/// Whether a text names a network.
pub fn is_network(name: &str) -> bool {
    Network::named(name).is_some()
}

/// The place of a network among all.
fn named(name: &str, place: &str) -> Result<usize, Problems> {
    Network::named(name).ok_or_else(|| {
        let known: Vec<&str> = NETWORKS.iter().map(|network| network.name).collect();
        let detail = format!("\"{name}\" is no card network that is known here");
        let remedy = format!("take one of {}", known.join(", "));
        vec![Problem::new("unknown_network", detail).remedy(remedy).hint(name, known).at(place)]
    })
}

/// Which card numbers are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CardSpace {
    /// The few numbers that payment processors publish for tests; no account stands behind them.
    Test,
    /// Any number that the network may issue; it can be somebody's.
    Valid,
    /// Numbers with a wrong check digit.
    Invalid,
}

/// A payment card's number, in digits alone, with the check digit of Luhn's formula, except for invalid ones. It is of the row's network.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditCardNumber {
    /// The network, such as `Visa`; that of the row's card when absent. A column of the same card with the network decides before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    network: Option<String>,
    /// `test` for published test numbers, `valid` for any number that the network may issue, `invalid` for a wrong check digit. When absent,
    /// test where the dataset is safe, else valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    space: Option<CardSpace>,
}

impl Generator for CreditCardNumber {
    const EXAMPLE: &'static str = "{type: credit_card_number, space: valid}";
    const ATTRIBUTE: bool = true;

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let of = match self.space {
            Some(CardSpace::Test) => CardNumbers::Test,
            Some(CardSpace::Valid) => CardNumbers::Valid,
            Some(CardSpace::Invalid) => CardNumbers::Invalid,
            None if cx.safe() => {
                cx.keep_reserved();
                CardNumbers::Test
            }
            None => CardNumbers::Valid,
        };
        let shown = cx.shows_attribute(&["credit_card_network"]);
        let one = self.network.as_deref().map(|name| named(name, "/network")).transpose()?;
        if let Some(network) = one.filter(|_| !shown) {
            let spaces = vec![NETWORKS[network].numbers(of)];
            return Numbers::new(spaces, Needs::default(), None).made(cx, "a card number");
        }
        let spaces: Vec<(Space, u128)> = NETWORKS
            .iter()
            .map(|network| {
                let space = network.numbers(of);
                let count = space.count(Needs::default());
                (space, count)
            })
            .collect();
        if let Some(max) = cx.lengths().1.filter(|max| *max < 16) {
            return Err(vec![nothing_fits(format!("a card number has 16 characters, above max_length {max}"))]);
        }
        let network = text_attribute(cx, "credit_card_network")?;
        let mut positions = None;
        if cx.unique() && shown {
            let rows = cx.rows()?;
            let free = spaces.iter().map(|(_, count)| *count).min().unwrap_or(0);
            if u128::from(rows) > free {
                let detail = format!("only {free} such numbers of a network are known, fewer than {rows} rows");
                let remedy = match self.space {
                    None if cx.safe() => "say safe: false for the dataset, or space: valid here, or leave unique out",
                    _ => "take space: valid, or leave unique out",
                };
                return Err(vec![Problem::new("capacity", detail).remedy(remedy).at("/space")]);
            }
            positions = Some(Permutation::new(cx.key("position"), u64::try_from(free).unwrap_or(1 << 62)));
        }
        let unique = positions.is_some();
        let listed = spaces.iter().map(|(space, _)| space.clone()).collect();
        let fill = CardColumn { key: cx.key("value"), spaces, network, positions };
        let made = if unique {
            Made::computed(LogicalType::String, fill).all_distinct()
        } else {
            Made::drawn(LogicalType::String, fill)
        };
        let made = Made { longest: Some(16), ..made };
        Ok(if shown { made } else { made.counted(Numbers::new(listed, Needs::default(), None).listed()) })
    }
}

/// Numbers of the network in an input.
struct CardColumn {
    key: Key,
    /// Of each network, with their counts.
    spaces: Vec<(Space, u128)>,
    network: usize,
    /// A number of its own for each row, where none may repeat.
    positions: Option<Permutation>,
}

impl Fill for CardColumn {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let key = cells.key(&self.key);
        let networks = texts(cells, self.network)?;
        let mut column = TextColumn::with_capacity(rows.len(), 16);
        let mut number = Vec::new();
        for (position, row) in rows.iter().enumerate() {
            let Some(network) = network_at(networks, position) else {
                column.end_null();
                continue;
            };
            let (space, count) = &self.spaces[network];
            let rank = match &self.positions {
                Some(positions) => u128::from(positions.at(row)),
                None => key.cell(row).below_u128(*count),
            };
            number.clear();
            space.write(rank, &Facts::default(), &mut number);
            column.out().extend(number.iter().map(|byte| char::from(*byte)));
            column.end();
        }
        Ok(Arc::new(column.finish()))
    }
}

fn network_at(networks: &StringViewArray, position: usize) -> Option<usize> {
    networks.is_valid(position).then(|| Network::named(networks.value(position))).flatten()
}

/// A payment card's security code: four digits for American Express, else three. It follows the network of the row's card.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cvv {
    /// The network, such as `Visa`; that of the row's card when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    network: Option<String>,
}

impl Generator for Cvv {
    const EXAMPLE: &'static str = "{type: cvv}";
    const ATTRIBUTE: bool = true;

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let key = cx.key("value");
        if let Some(name) = &self.network {
            let digits = NETWORKS[named(name, "/network")?].security_digits;
            return Numbers::new(vec![crate::identifiers::accounts(digits)], Needs::default(), None)
                .made(cx, "a security code");
        }
        // A card's number shows its network as well: its own may be set by the column's parameter.
        let of = if cx.shows_attribute(&["credit_card_number"]) { "credit_card_number" } else { "credit_card_network" };
        let input = text_attribute(cx, of)?;
        Ok(Made { longest: Some(4), ..Made::drawn(LogicalType::String, SecurityCodes { key, input }) })
    }
}

/// Codes of the network, or of the card's number, in an input.
struct SecurityCodes {
    key: Key,
    input: usize,
}

impl Fill for SecurityCodes {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let key = cells.key(&self.key);
        let cards = texts(cells, self.input)?;
        let mut column = TextColumn::with_capacity(rows.len(), 4);
        for (position, row) in rows.iter().enumerate() {
            if cards.is_null(position) {
                column.end_null();
                continue;
            }
            let card = cards.value(position);
            // American Express alone starts with 34 and 37.
            let digits = match Network::named(card) {
                Some(network) => NETWORKS[network].security_digits,
                None if card.starts_with("34") || card.starts_with("37") => 4,
                None => 3,
            };
            let code = key.below(row, 10_000);
            let code = if digits == 4 { code } else { code / 10 };
            column.out().push_str(&format!("{code:0digits$}"));
            column.end();
        }
        Ok(Arc::new(column.finish()))
    }
}

/// The month in which a payment card expires, as printed on it: `07/28`; each month is equally likely.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CardExpiry {
    /// How many years after the dataset's `reference_time` the last one lies; 5 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 50))]
    years: Option<u32>,
}

impl Generator for CardExpiry {
    const EXAMPLE: &'static str = "{type: card_expiry, years: 3}";
    const ATTRIBUTE: bool = true;

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let years = self.years.unwrap_or(5);
        if !(1..=50).contains(&years) {
            let detail = format!("a card lasts 1 to 50 years, not {years}");
            return Err(vec![Problem::new("out_of_range", detail).at("/years")]);
        }
        let (year, month, _) = civil_of_days(cx.reference_time_us().div_euclid(DAY_US));
        let months = Months { key: cx.key("value"), first: year * 12 + i64::from(month), count: u64::from(years) * 12 };
        if let Some(max) = cx.lengths().1.filter(|max| *max < 5) {
            return Err(vec![nothing_fits(format!("an expiry has 5 characters, above max_length {max}"))]);
        }
        Ok(Made { longest: Some(5), ..Made::drawn(LogicalType::String, months).counted(months) })
    }
}

/// Months from one after the present on.
#[derive(Clone, Copy)]
struct Months {
    key: Key,
    /// Months since the year 0.
    first: i64,
    count: u64,
}

impl Months {
    fn texts(&self, ranks: impl ExactSizeIterator<Item = u64>) -> ArrayRef {
        let mut column = TextColumn::with_capacity(ranks.len(), 5);
        for rank in ranks {
            let month = self.first + rank as i64;
            let text = format!("{:02}/{:02}", month.rem_euclid(12) + 1, month.div_euclid(12).rem_euclid(100));
            column.out().push_str(&text);
            column.end();
        }
        Arc::new(column.finish())
    }
}

impl Fill for Months {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let key = cells.key(&self.key);
        Ok(self.texts((0..rows.len()).map(|position| key.below(rows.at(position), self.count))))
    }
}

impl Countable for Months {
    fn count(&self) -> u128 {
        u128::from(self.count)
    }

    fn unrank(&self, positions: &[u128]) -> ArrayRef {
        self.texts(positions.iter().map(|position| *position as u64))
    }
}

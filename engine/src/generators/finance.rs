//! Money: accounts, cards, securities and currencies.

mod accounts;
mod amounts;
mod cards;
mod currencies;

pub use self::accounts::{AccountNumber, Bic, Iban, Isin, Lei};
pub use self::amounts::Amount;
pub(super) use self::amounts::is_name;
pub(super) use self::cards::is_network;
pub use self::cards::{CardExpiry, CreditCardNetwork, CreditCardNumber, Cvv};
pub use self::currencies::CurrencyCode;
pub(super) use self::currencies::is_currency;

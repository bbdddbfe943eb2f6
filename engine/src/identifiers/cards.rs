//! Payment cards by ISO/IEC 7812: networks, their ranges, lengths and published test numbers.

use super::bank::NO_BIRTHS;
use super::{Part, Scheme, Space, check};

/// A card network.
#[derive(Debug)]
pub struct Network {
    /// Its name as printed.
    pub name: &'static str,
    /// How often it comes where nothing else is said: rough shares of the world's cards.
    pub weight: f64,
    /// The first digits.
    prefix: Part,
    /// How many digits a number has.
    pub digits: usize,
    /// How many digits the security code has.
    pub security_digits: usize,
    /// Numbers that payment processors publish for tests; no account stands behind them.
    tests: &'static [&'static str],
}

/// The networks, the most usual first.
pub static NETWORKS: [Network; 7] = [
    Network {
        name: "Visa",
        weight: 50.0,
        prefix: Part::Text("4"),
        digits: 16,
        security_digits: 3,
        tests: &[
            "4111111111111111",
            "4242424242424242",
            "4012888888881881",
            "4000056655665556",
            "4000000000000077",
            "4005519200000004",
            "4009348888881881",
            "4012000033330026",
            "4012000077777777",
            "4217651111111119",
            "4500600000000061",
        ],
    },
    Network {
        name: "Mastercard",
        weight: 32.0,
        prefix: Part::Number(4, &[(2221, 2720), (5100, 5599)]),
        digits: 16,
        security_digits: 3,
        tests: &[
            "5555555555554444",
            "5105105105105100",
            "5200828282828210",
            "2223003122003222",
            "5454545454545454",
            "2223000048400011",
        ],
    },
    Network {
        name: "American Express",
        weight: 7.0,
        prefix: Part::Number(2, &[(34, 34), (37, 37)]),
        digits: 15,
        security_digits: 4,
        tests: &["378282246310005", "371449635398431", "378734493671000"],
    },
    Network {
        name: "Discover",
        weight: 3.0,
        prefix: Part::Number(4, &[(6011, 6011), (6440, 6599)]),
        digits: 16,
        security_digits: 3,
        tests: &["6011111111111117", "6011000990139424"],
    },
    Network {
        name: "Diners Club",
        weight: 1.0,
        prefix: Part::Number(3, &[(300, 305), (360, 369), (380, 389)]),
        digits: 14,
        security_digits: 3,
        tests: &["30569309025904", "38520000023237", "36227206271667"],
    },
    Network {
        name: "JCB",
        weight: 3.0,
        prefix: Part::Number(4, &[(3528, 3589)]),
        digits: 16,
        security_digits: 3,
        tests: &["3530111333300000", "3566002020360505"],
    },
    Network {
        name: "UnionPay",
        weight: 4.0,
        prefix: Part::Text("62"),
        digits: 16,
        security_digits: 3,
        tests: &["6200000000000005", "6200000000000047"],
    },
];

/// Which card numbers are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardNumbers {
    /// Those that are published for tests.
    Test,
    /// All that a network may issue.
    Valid,
    /// Numbers with a wrong check digit.
    Invalid,
}

impl Network {
    /// The network of a name, whatever its case and separators; `amex` and `diners` are understood as well.
    pub fn named(name: &str) -> Option<usize> {
        let letters = |text: &str| -> String {
            text.chars().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect()
        };
        let asked = match letters(name).as_str() {
            "amex" => "americanexpress".to_owned(),
            "diners" => "dinersclub".to_owned(),
            other => other.to_owned(),
        };
        NETWORKS.iter().position(|network| letters(network.name) == asked)
    }

    /// The network's numbers of a kind.
    pub fn numbers(&self, of: CardNumbers) -> Space {
        if of == CardNumbers::Test {
            return Space::new(&[Part::One(self.tests)], &[], NO_BIRTHS, false);
        }
        let prefix = match self.prefix {
            Part::Text(text) => text.len(),
            Part::Number(width, _) => width,
            _ => 0,
        };
        let parts = [self.prefix, Part::Digits(self.digits - prefix - 1), Part::Check(1)];
        let last = self.digits - 1;
        Space::new(&parts, &[check(last, (0, last), Scheme::Luhn)], NO_BIRTHS, of == CardNumbers::Invalid)
    }
}

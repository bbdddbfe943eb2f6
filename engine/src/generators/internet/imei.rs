//! Identities of mobile devices.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::identifiers::Numbers;
use super::super::{Generator, Made, Problems};
use crate::identifiers::{Needs, imeis};
use crate::plan::Context;

/// A mobile device's identity of fifteen digits with its check digit (3GPP TS 23.003). Where the dataset is safe it starts with 00, as those
/// of test equipment do; others can be a device's.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Imei {}

impl Generator for Imei {
    const EXAMPLE: &'static str = "{type: imei}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        Numbers::new(vec![imeis(cx.safe())], Needs::default(), None).made(cx, "an IMEI")
    }
}

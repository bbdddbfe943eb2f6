//! Values of special fields.

pub(super) mod colors;

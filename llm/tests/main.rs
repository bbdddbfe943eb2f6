//! Against a local server that speaks the protocol: what it answers and what goes wrong is scripted.

mod assistant;
mod client;
mod difference;
mod estimate;
mod exhausted;
mod fill;
mod hostile;
mod properties;
mod secrets;
mod shapes;
mod support;
mod unique;

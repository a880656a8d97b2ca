//! The wiring of `web-host`, as a library so that its tests can use the same.
//!
//! | file | holds |
//! |---|---|
//! | `config` | flags, environment and file, checked into one [`Config`] |
//! | `parts` | the desk's parts as the configuration asks for them |
//! | `host` | everything put together: [`Host`] |

mod config;
mod host;
mod parts;

pub use config::{BlobPlace, Config, ConfigError, Model, Settings, Telegram};
pub use host::{Host, HostError};

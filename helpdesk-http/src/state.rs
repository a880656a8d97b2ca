//! What every handler shares: the desk, the options, and the state of one router. Two routers share nothing.

use std::{ops::Deref, sync::Arc};

use helpdesk_core::Desk;

use crate::{
    HttpOptions,
    auth::{limit::LoginLimiter, password::Passwords},
    metrics::Metrics,
    options::MetricsAccess,
};

/// The state of one router.
#[derive(Clone)]
pub(crate) struct App(Arc<Parts>);

pub(crate) struct Parts {
    pub(crate) desk: Desk,
    pub(crate) options: HttpOptions,
    pub(crate) passwords: Passwords,
    pub(crate) login_limiter: LoginLimiter,
    /// `None` where nothing is counted.
    pub(crate) metrics: Option<Arc<Metrics>>,
    /// The OpenAPI document, ready to send.
    pub(crate) openapi: bytes::Bytes,
}

impl App {
    pub(crate) fn new(desk: Desk, options: HttpOptions, openapi: bytes::Bytes) -> Self {
        let metrics = match options.metrics {
            MetricsAccess::Off => None,
            MetricsAccess::Open | MetricsAccess::Token(_) => Some(Arc::new(Metrics::new())),
        };
        Self(Arc::new(Parts {
            passwords: Passwords::new(options.password_cost),
            login_limiter: LoginLimiter::new(options.login_limits),
            metrics,
            openapi,
            desk,
            options,
        }))
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

//! The door: what stands behind it, who may knock, and what it may cost.

use std::sync::Arc;

use berth_api::Handler;
use berth_wire::Service;
use prometheus_client::registry::Registry;

use crate::{AuditSink, Authenticator, Callers, Limits, Metrics, Mount};

/// One door for all AWS services of an installation.
#[derive(Debug)]
pub struct Door {
    pub(crate) account: Arc<str>,
    pub(crate) limits: Limits,
    pub(crate) authenticator: Arc<Authenticator>,
    pub(crate) audit: Box<dyn AuditSink>,
    pub(crate) mounts: Vec<Box<dyn Mount>>,
    pub(crate) handlers: Handlers,
    pub(crate) metrics: Metrics,
}

/// The services, found by their description.
pub(crate) struct Handlers {
    services: Vec<&'static Service>,
    handlers: Vec<Box<dyn Handler>>,
}

impl std::fmt::Debug for Handlers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.services.iter().map(|service| service.id)).finish()
    }
}

impl Handlers {
    pub(crate) fn services(&self) -> &[&'static Service] {
        &self.services
    }

    pub(crate) fn handler(&self, service: &'static Service) -> Option<&dyn Handler> {
        let at = self.services.iter().position(|known| std::ptr::eq(*known, service))?;
        self.handlers.get(at).map(AsRef::as_ref)
    }
}

impl Door {
    /// A door without services for an account of 12 digits; metrics go to `registry`.
    pub fn new(
        account: impl Into<Arc<str>>,
        limits: Limits,
        callers: impl Callers + 'static,
        audit: impl AuditSink + 'static,
        registry: &mut Registry,
    ) -> Self {
        Self {
            account: account.into(),
            limits,
            authenticator: Arc::new(Authenticator::new(callers)),
            audit: Box::new(audit),
            mounts: Vec::new(),
            handlers: Handlers { services: Vec::new(), handlers: Vec::new() },
            metrics: Metrics::register(registry),
        }
    }

    /// Puts a service behind the door.
    #[must_use]
    pub fn with_service(mut self, handler: impl Handler + 'static) -> Self {
        self.handlers.services.push(handler.service());
        self.handlers.handlers.push(Box::new(handler));
        self
    }

    /// Puts something else than an AWS service behind the door.
    #[must_use]
    pub fn with_mount(mut self, mount: impl Mount + 'static) -> Self {
        self.mounts.push(Box::new(mount));
        self
    }

    /// What tells who signed, for mounts that want to know as the services do.
    #[must_use]
    pub fn authenticator(&self) -> Arc<Authenticator> {
        Arc::clone(&self.authenticator)
    }
}

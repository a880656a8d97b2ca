//! A channel that fails on purpose.

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use super::{FaultPlan, REASON};
use crate::{
    address::{Address, ChannelName, ExternalId},
    blob::ByteStream,
    channel::{Capabilities, Channel, ChannelError, FileSource, Outgoing, Part, Push, PushReply, Receipt},
    desk::Desk,
};

/// A [`Channel`] with faults before and after whatever it asks of its platform.
#[derive(Debug)]
pub struct FaultyChannel<C> {
    inner: C,
    plan: FaultPlan,
}

impl<C> FaultyChannel<C> {
    /// `inner` with the faults of `plan`.
    pub fn new(inner: C, plan: FaultPlan) -> Self {
        Self { inner, plan }
    }

    /// The channel inside, to read what it was asked for.
    pub fn inner(&self) -> &C {
        &self.inner
    }

    fn before(&self, point: &'static str) -> Result<(), ChannelError> {
        if self.plan.pass(point) { Err(ChannelError::temporary(REASON)) } else { Ok(()) }
    }

    fn after(&self, point: &'static str) -> Result<(), ChannelError> {
        if self.plan.pass(point) { Err(ChannelError::unknown(REASON)) } else { Ok(()) }
    }
}

#[async_trait]
impl<C: Channel> Channel for FaultyChannel<C> {
    fn name(&self) -> &ChannelName {
        self.inner.name()
    }

    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    async fn run(&self, desk: Desk, shutdown: CancellationToken) -> Result<(), ChannelError> {
        self.inner.run(desk, shutdown).await
    }

    async fn push(&self, desk: &Desk, push: Push) -> PushReply {
        self.inner.push(desk, push).await
    }

    fn render(&self, outgoing: &Outgoing) -> Result<Vec<Part>, ChannelError> {
        self.inner.render(outgoing)
    }

    async fn send(&self, to: &Address, part: Part, files: &dyn FileSource) -> Result<Receipt, ChannelError> {
        self.before("send:before")?;
        let receipt = self.inner.send(to, part, files).await?;
        self.after("send:after")?;
        Ok(receipt)
    }

    async fn remove_buttons(&self, to: &Address, sent: &ExternalId) -> Result<(), ChannelError> {
        self.before("buttons:before")?;
        self.inner.remove_buttons(to, sent).await?;
        self.after("buttons:after")
    }

    async fn fetch(&self, reference: &str) -> Result<ByteStream, ChannelError> {
        self.before("fetch:before")?;
        self.inner.fetch(reference).await
    }
}

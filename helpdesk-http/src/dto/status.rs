//! How the desk is doing.

use helpdesk_core::{
    desk::{ChannelStatus as DomainChannel, Status as DomainStatus},
    storage::TaskBacklog,
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// How the desk is doing.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Status {
    backlog: Backlog,
    channels: Vec<ChannelStatus>,
}

/// How much work is waiting.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Backlog {
    /// Tasks that are due and held by nobody.
    due: u64,
    /// All tasks, timers included.
    total: u64,
    /// Since when the oldest due task waits.
    #[schema(required)]
    oldest_due: Option<Timestamp>,
}

/// How a channel is doing.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChannelStatus {
    name: String,
    running: bool,
    /// What it last stumbled over.
    #[schema(required)]
    last_error: Option<String>,
}

impl From<DomainStatus> for Status {
    fn from(status: DomainStatus) -> Self {
        Self { backlog: status.backlog.into(), channels: status.channels.into_iter().map(Into::into).collect() }
    }
}

impl From<TaskBacklog> for Backlog {
    fn from(backlog: TaskBacklog) -> Self {
        Self { due: backlog.due, total: backlog.total, oldest_due: backlog.oldest_due }
    }
}

impl From<DomainChannel> for ChannelStatus {
    fn from(channel: DomainChannel) -> Self {
        Self { name: channel.name.to_string(), running: channel.running, last_error: channel.last_error }
    }
}

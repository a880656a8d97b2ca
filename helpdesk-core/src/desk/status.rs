//! How the desk is doing.

use std::{collections::BTreeMap, sync::Mutex};

use super::Desk;
use crate::{
    address::ChannelName,
    error::DeskError,
    permission::{Action, Actor, Relation, allowed},
    storage::TaskBacklog,
};

/// How the desk is doing, for admins and monitoring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Work that waits.
    pub backlog: TaskBacklog,
    /// The channels, by name.
    pub channels: Vec<ChannelStatus>,
}

/// How a channel is doing in this process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelStatus {
    /// Its name.
    pub name: ChannelName,
    /// Whether it is receiving.
    pub running: bool,
    /// What went wrong last; `None` once something went well again.
    pub last_error: Option<String>,
}

/// Where the channels' state is written down.
pub(super) struct Board {
    channels: Mutex<BTreeMap<ChannelName, (bool, Option<String>)>>,
}

impl Board {
    pub(super) fn new(names: impl Iterator<Item = ChannelName>) -> Self {
        Self { channels: Mutex::new(names.map(|name| (name, (false, None))).collect()) }
    }

    pub(super) fn set_running(&self, name: &ChannelName, running: bool) {
        self.change(name, |state| state.0 = running);
    }

    pub(super) fn set_error(&self, name: &ChannelName, error: Option<String>) {
        self.change(name, |state| state.1 = error);
    }

    fn change(&self, name: &ChannelName, change: impl FnOnce(&mut (bool, Option<String>))) {
        let mut channels = self.channels.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(state) = channels.get_mut(name) {
            change(state);
        }
    }

    fn read(&self) -> Vec<ChannelStatus> {
        let channels = self.channels.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let status = |(name, (running, last_error)): (&ChannelName, &(bool, Option<String>))| ChannelStatus {
            name: name.clone(),
            running: *running,
            last_error: last_error.clone(),
        };
        channels.iter().map(status).collect()
    }
}

impl Desk {
    /// How the desk is doing: for admins.
    pub async fn status(&self, actor: &Actor) -> Result<Status, DeskError> {
        allowed(actor, Action::StatusRead, Relation::Other)?;
        let backlog = self.storage().task_backlog(self.now()).await?;
        Ok(Status { backlog, channels: self.inner.status.read() })
    }

    /// A channel tells how it is doing: what went wrong, or `None` once it works again. Shown to admins.
    pub fn report_channel(&self, name: &ChannelName, error: Option<String>) {
        self.inner.status.set_error(name, error);
    }

    /// Whether the storage and the blob store answer.
    pub async fn ready(&self) -> Result<(), DeskError> {
        self.storage().check().await?;
        self.inner.blobs.check().await?;
        Ok(())
    }
}

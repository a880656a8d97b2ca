//! A message's way to its customer. A send has three outcomes: done, failed, unknown; the unknown one is shown to staff
//! with a choice to send again, and never repeated on its own.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::address::{Address, ExternalId};

/// How far a message has come to one address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Where it goes.
    pub address: Address,
    /// How far it is.
    pub status: DeliveryStatus,
    /// What the channel calls the parts that it took, in order: a long text is sent in several.
    pub external_ids: Vec<ExternalId>,
    /// When the status last changed.
    pub updated_at: Timestamp,
}

impl Delivery {
    /// A delivery that has not begun.
    pub fn pending(address: Address, now: Timestamp) -> Self {
        Self { address, status: DeliveryStatus::Pending, external_ids: Vec::new(), updated_at: now }
    }
}

/// The status of a [`Delivery`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
#[non_exhaustive]
pub enum DeliveryStatus {
    /// Waiting for its turn, also between tries.
    Pending,
    /// The channel is being asked to take part number `part` (from 0). Found after a crash, it means [`Self::Unknown`].
    Sending {
        /// The part under way.
        part: u32,
    },
    /// The channel took it.
    Sent,
    /// The customer has read it, where the channel tells.
    Read,
    /// It will not arrive unless somebody sends it again.
    Failed {
        /// Why, for staff.
        reason: String,
    },
    /// It may have arrived or not: the channel's answer was lost.
    Unknown,
}

impl DeliveryStatus {
    /// Whether staff may ask for another try.
    pub fn may_resend(&self) -> bool {
        matches!(self, Self::Failed { .. } | Self::Unknown)
    }
}

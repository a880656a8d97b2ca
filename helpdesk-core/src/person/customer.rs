//! A customer and the addresses at which they are reached. One person has one [`Customer`], whatever channels they use (A2).

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{address::Address, id::CustomerId, language::Language};

/// One who asks for help.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// Identity.
    pub id: CustomerId,
    /// Name as the channel or the host gives it.
    pub name: String,
    /// The language that the bot speaks to them.
    pub language: Language,
    /// The host's own identifier of this person, if known.
    pub host_id: Option<String>,
    /// What the host wants agents to see about them.
    pub attributes: BTreeMap<String, String>,
    /// When they first wrote.
    pub created_at: Timestamp,
}

/// One address of a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerAddress {
    /// The address.
    pub address: Address,
    /// Whose it is.
    pub customer: CustomerId,
    /// The channel's handle of the person, such as a Telegram username; for staff to see.
    pub handle: Option<String>,
    /// Since when the channel refuses to deliver there (the customer blocked the bot); `None` while it works.
    pub unreachable_since: Option<Timestamp>,
}

/// A customer with all their addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressBook {
    /// The person.
    pub customer: Customer,
    /// Their addresses, oldest first.
    pub addresses: Vec<CustomerAddress>,
}

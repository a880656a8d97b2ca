//! The one whom an update came from, and what is to be written about them.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{
    address::Address,
    channel::{Inbound, InboundEvent, Sender},
    id::{CustomerId, Ids},
    language::Language,
    limits::{PERSON_NAME_MAX_CHARS, shorten},
    person::{AddressBook, Customer, CustomerAddress},
    storage::Write,
};

/// The one whom an update came from: known, or met just now.
pub(super) struct Guest<'a> {
    pub(super) customer: Customer,
    pub(super) address: Address,
    pub(super) handle: Option<String>,
    pub(super) new: bool,
    /// What is to be written about them.
    pub(super) writes: Vec<Write>,
    pub(super) ids: Ids<'a>,
    pub(super) now: Timestamp,
}

impl<'a> Guest<'a> {
    pub(super) fn meet(known: Option<AddressBook>, inbound: &Inbound, ids: Ids<'a>, now: Timestamp) -> Self {
        let Sender { name, handle, language } = &inbound.sender;
        let name = shorten(name.trim(), PERSON_NAME_MAX_CHARS);
        let address = inbound.address.clone();
        let mut writes = Vec::new();
        let Some(book) = known else {
            let customer = Customer {
                id: ids.customer(),
                name: if name.is_empty() { address.key.clone() } else { name },
                language: language.clone().unwrap_or(Language::ENGLISH),
                host_id: None,
                attributes: BTreeMap::new(),
                created_at: now,
            };
            writes.push(Write::CustomerInsert(customer.clone()));
            writes.push(Write::AddressInsert(own_address(&address, customer.id, handle.clone())));
            return Self { customer, address, handle: handle.clone(), new: true, writes, ids, now };
        };
        let mut customer = book.customer;
        let language = language.clone().unwrap_or_else(|| customer.language.clone());
        if (!name.is_empty() && name != customer.name) || language != customer.language {
            customer.language = language;
            if !name.is_empty() {
                customer.name = name;
            }
            writes.push(Write::CustomerUpdate(customer.clone()));
        }
        let was = book.addresses.into_iter().find(|known| known.address == address);
        // Whoever writes can be reached again.
        let stale = was.is_none_or(|was| was.handle != *handle || was.unreachable_since.is_some());
        if stale && !matches!(inbound.event, InboundEvent::Unreachable | InboundEvent::Moved { .. }) {
            writes.push(Write::AddressUpdate(own_address(&address, customer.id, handle.clone())));
        }
        Self { customer, address, handle: handle.clone(), new: false, writes, ids, now }
    }
}

fn own_address(address: &Address, customer: CustomerId, handle: Option<String>) -> CustomerAddress {
    CustomerAddress { address: address.clone(), customer, handle, unreachable_since: None }
}

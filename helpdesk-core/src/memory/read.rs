//! Single rows: customers, sessions, messages, attachments, staff, events.

use std::sync::Arc;

use super::tables::{KeptMessage, Tables};
use crate::{
    address::{Address, ExternalId},
    id::{AttachmentId, ChatId, CustomerId},
    message::{Attachment, Message},
    person::{AddressBook, Customer, CustomerAddress, Staff},
    session::Session,
    storage::{Event, StorageError},
};

impl Tables {
    pub(super) fn address(&self, address: &Address) -> Option<&CustomerAddress> {
        self.addresses.values().find(|known| known.address == *address).map(Arc::as_ref)
    }

    pub(super) fn address_mut(&mut self, address: &Address) -> Result<&mut CustomerAddress, StorageError> {
        let known = self.addresses.values_mut().find(|known| known.address == *address);
        known.map(Arc::make_mut).ok_or(StorageError::Missing { what: "address" })
    }

    pub(super) fn address_book(&self, id: CustomerId) -> Option<AddressBook> {
        let customer = Customer::clone(self.customers.get(&id)?);
        let addresses = self.addresses.values().filter(|known| known.customer == id);
        Some(AddressBook { customer, addresses: addresses.map(|known| CustomerAddress::clone(known)).collect() })
    }

    pub(super) fn session_unclosed(&self, customer: CustomerId) -> Option<&Session> {
        self.sessions_of(customer).find(|session| !session.is_closed())
    }

    pub(super) fn session_latest(&self, customer: CustomerId) -> Option<&Session> {
        self.sessions_of(customer).max_by_key(|session| session.number)
    }

    fn sessions_of(&self, customer: CustomerId) -> impl Iterator<Item = &Session> {
        self.sessions.values().map(Arc::as_ref).filter(move |session| session.customer == customer)
    }

    pub(super) fn message_by_external(&self, address: &Address, external: &ExternalId) -> Option<&Message> {
        self.newest_message(|kept| {
            let came_in =
                kept.came_from.as_ref() == Some(address) && kept.message.external_id.as_ref() == Some(external);
            let went_out = kept
                .message
                .delivery
                .as_ref()
                .is_some_and(|delivery| delivery.address == *address && delivery.external_ids.contains(external));
            came_in || went_out
        })
    }

    pub(super) fn message_by_group(&self, chat: ChatId, group: &str) -> Option<&Message> {
        self.newest_message(|kept| kept.message.chat == chat && kept.message.group.as_deref() == Some(group))
    }

    fn newest_message(&self, wanted: impl Fn(&KeptMessage) -> bool) -> Option<&Message> {
        let found = self.messages.values().filter(|kept| wanted(kept));
        found.max_by_key(|kept| kept.place).map(|kept| &kept.message)
    }

    pub(super) fn attachment(&self, id: AttachmentId) -> Option<(Attachment, Message)> {
        self.messages.values().find_map(|kept| {
            let found = kept.message.attachments.iter().find(|attachment| attachment.id == id)?;
            Some((found.clone(), kept.message.clone()))
        })
    }

    pub(super) fn staff_by_login(&self, login: &str) -> Option<&Staff> {
        let wanted = login.to_lowercase();
        self.staff.values().find(|staff| staff.login.to_lowercase() == wanted).map(Arc::as_ref)
    }

    pub(super) fn event_list(&self, after: u64, limit: u32) -> Vec<Event> {
        let later = self.events.range(after.saturating_add(1)..);
        later.take(limit as usize).map(|(_, event)| Event::clone(event)).collect()
    }

    pub(super) fn event_range(&self) -> (u64, u64) {
        let newest = self.last.event;
        match self.events.keys().next() {
            Some(oldest) => (*oldest, newest),
            None if newest == 0 => (0, 0),
            // All are forgotten: the oldest that a reader can still get is the one to come.
            None => (newest + 1, newest),
        }
    }
}

//! Customers and their addresses.

use helpdesk_core::{
    address::Address,
    person::{Customer, CustomerAddress},
    storage::{Conflict, Task},
};

use super::Plan;
use crate::sqlite::{
    batch::Verdict,
    encode::{json, micros},
};

impl Plan {
    pub(super) fn customer_insert(&mut self, customer: &Customer) {
        self.batch
            .add(
                Verdict::Ran,
                "INSERT INTO helpdesk_customers (id, name, language, host_id, attributes, created_at) \
                 VALUES (?, ?, ?, ?, ?, ?)",
            )
            .bind(customer.id.as_uuid())
            .bind(&customer.name)
            .bind(customer.language.as_str())
            .bind(&customer.host_id)
            .bind(json(&customer.attributes))
            .bind(micros(customer.created_at));
    }

    pub(super) fn customer_update(&mut self, customer: &Customer) {
        self.batch
            .add(
                Verdict::Changed("customer"),
                "UPDATE helpdesk_customers SET name = ?, language = ?, host_id = ?, attributes = ?, created_at = ? \
                 WHERE id = ?",
            )
            .bind(&customer.name)
            .bind(customer.language.as_str())
            .bind(&customer.host_id)
            .bind(json(&customer.attributes))
            .bind(micros(customer.created_at))
            .bind(customer.id.as_uuid());
    }

    pub(super) fn address_insert(&mut self, address: &CustomerAddress) {
        self.batch
            .add(
                Verdict::Ran,
                "INSERT INTO helpdesk_addresses (channel, address_key, customer, handle, unreachable_since) \
                 VALUES (?, ?, ?, ?, ?)",
            )
            .bind(address.address.channel.as_str())
            .bind(&address.address.key)
            .bind(address.customer.as_uuid())
            .bind(&address.handle)
            .bind(address.unreachable_since.map(micros));
    }

    pub(super) fn address_update(&mut self, address: &CustomerAddress) {
        self.batch
            .add(
                Verdict::Changed("address"),
                "UPDATE helpdesk_addresses SET handle = ?, unreachable_since = ? WHERE channel = ? AND address_key = ?",
            )
            .bind(&address.handle)
            .bind(address.unreachable_since.map(micros))
            .bind(address.address.channel.as_str())
            .bind(&address.address.key);
    }

    /// What is known under the old address is found under the new one from now on, and what waits goes there. A channel's
    /// names of messages stay where the channel gave them.
    pub(super) fn address_move(&mut self, from: &Address, to: &Address) {
        if from == to {
            return;
        }
        self.address_rename(from, to);
        self.followers_move(
            "UPDATE helpdesk_sessions SET channel = ?, address_key = ? WHERE channel = ? AND address_key = ?",
            from,
            to,
        );
        self.followers_move(
            "UPDATE helpdesk_messages SET delivery_channel = ?, delivery_address_key = ? \
             WHERE delivery_channel = ? AND delivery_address_key = ? AND delivery_waits = 1",
            from,
            to,
        );
        self.lane_rename(&Task::lane_to(from), &Task::lane_to(to));
    }

    fn address_rename(&mut self, from: &Address, to: &Address) {
        let (from_channel, to_channel) = (from.channel.as_str(), to.channel.as_str());
        self.batch
            .add(
                Verdict::Exists("address"),
                "SELECT EXISTS (SELECT 1 FROM helpdesk_addresses WHERE channel = ? AND address_key = ?)",
            )
            .bind(from_channel)
            .bind(&from.key)
            .add(
                Verdict::Holds(Conflict::Address),
                "SELECT NOT EXISTS (SELECT 1 FROM helpdesk_addresses f JOIN helpdesk_addresses t \
                 ON f.channel = ? AND f.address_key = ? AND t.channel = ? AND t.address_key = ? \
                 AND f.customer <> t.customer)",
            )
            .bind(from_channel)
            .bind(&from.key)
            .bind(to_channel)
            .bind(&to.key)
            // The customer wrote from the new address before the channel told of the move: one row is enough.
            .add(
                Verdict::Ran,
                "DELETE FROM helpdesk_addresses WHERE channel = ? AND address_key = ? \
                 AND EXISTS (SELECT 1 FROM helpdesk_addresses WHERE channel = ? AND address_key = ?)",
            )
            .bind(from_channel)
            .bind(&from.key)
            .bind(to_channel)
            .bind(&to.key);
        self.followers_move(
            "UPDATE helpdesk_addresses SET channel = ?, address_key = ? WHERE channel = ? AND address_key = ?",
            from,
            to,
        );
    }

    fn followers_move(&mut self, statement: &'static str, from: &Address, to: &Address) {
        self.batch
            .add(Verdict::Ran, statement)
            .bind(to.channel.as_str())
            .bind(&to.key)
            .bind(from.channel.as_str())
            .bind(&from.key);
    }
}

//! Customers with their addresses.

use helpdesk_core::{address::Address, id::CustomerId, person::AddressBook, storage::StorageError};
use sqlx::{
    Sqlite,
    query::Query,
    sqlite::{SqliteArguments, SqliteRow},
};

use super::Reader;
use crate::sqlite::row::{self, customer_columns};

const BY_ID: &str = concat!(
    "SELECT ",
    customer_columns!(),
    ", a.channel, a.address_key, a.handle, a.unreachable_since FROM helpdesk_customers c \
     LEFT JOIN helpdesk_addresses a ON a.customer = c.id WHERE c.id = ? ORDER BY a.place"
);
const BY_ADDRESS: &str = concat!(
    "SELECT ",
    customer_columns!(),
    ", a.channel, a.address_key, a.handle, a.unreachable_since FROM helpdesk_customers c \
     LEFT JOIN helpdesk_addresses a ON a.customer = c.id \
     WHERE c.id = (SELECT customer FROM helpdesk_addresses WHERE channel = ? AND address_key = ?) ORDER BY a.place"
);

impl Reader {
    pub(in crate::sqlite) async fn customer(&self, id: CustomerId) -> Result<Option<AddressBook>, StorageError> {
        self.address_book(sqlx::query(BY_ID).bind(id.as_uuid())).await
    }

    pub(in crate::sqlite) async fn customer_by_address(
        &self,
        address: &Address,
    ) -> Result<Option<AddressBook>, StorageError> {
        self.address_book(sqlx::query(BY_ADDRESS).bind(address.channel.as_str()).bind(&address.key)).await
    }

    /// One row for each address, and one without an address for a customer who has none.
    async fn address_book(
        &self,
        query: Query<'_, Sqlite, SqliteArguments>,
    ) -> Result<Option<AddressBook>, StorageError> {
        let read = |row: &SqliteRow| Ok((row::customer(row)?, row::customer_address(row)?));
        let mut rows = self.all(query, read).await?.into_iter();
        let Some((customer, first)) = rows.next() else { return Ok(None) };
        let addresses = first.into_iter().chain(rows.filter_map(|(_, address)| address)).collect();
        Ok(Some(AddressBook { customer, addresses }))
    }
}

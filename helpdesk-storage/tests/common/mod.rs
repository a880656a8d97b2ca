//! What several test programs begin with.

use helpdesk_core::{
    Customer, CustomerId, Language,
    storage::{Cause, ChangeSet, EventKind, Write},
};
use jiff::Timestamp;
use uuid::Uuid;

/// A moment.
pub(crate) fn now() -> Timestamp {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

/// A customer whose id is `number`.
pub(crate) fn customer(number: u128) -> Customer {
    Customer {
        id: CustomerId::from_uuid(Uuid::from_u128(number)),
        name: format!("customer {number}"),
        language: Language::RUSSIAN,
        host_id: None,
        attributes: [].into(),
        created_at: now(),
    }
}

/// A change set with a cause, a customer and an event, all named after `number`.
pub(crate) fn arrival(number: u128) -> ChangeSet {
    let cause = Cause { scope: "test".to_owned(), key: number.to_string(), outcome: number.to_string() };
    let staff = helpdesk_core::StaffId::from_uuid(Uuid::from_u128(number));
    ChangeSet {
        cause: Some(cause),
        writes: vec![Write::CustomerInsert(customer(number))],
        events: vec![EventKind::StaffChanged { staff }],
        ..ChangeSet::new(now())
    }
}

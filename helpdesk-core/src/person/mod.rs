//! People: customers, who ask for help, and staff, who give it.

pub mod customer;
pub mod staff;

pub use customer::{AddressBook, Customer, CustomerAddress};
pub use staff::{Profile, Role, Staff, StaffToken, TokenHash};

//! Staff: agents and admins, created by admins alone (A11), with the profile that corporate chats show (B9).

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{id::StaffId, language::Language};

/// What a staff member may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Answers customers.
    Agent,
    /// An agent who also manages staff, settings and statistics, and sees every session.
    Admin,
}

/// An agent or an admin.
#[derive(Clone, PartialEq, Eq)]
pub struct Staff {
    /// Identity.
    pub id: StaffId,
    /// What they log in with; unique without regard to case.
    pub login: String,
    /// The hash of their password in PHC form, made by the facade; `None` where they enter otherwise (single sign-on).
    pub password_hash: Option<String>,
    /// Full name, shown to customers on every message (A14).
    pub full_name: String,
    /// What they may do.
    pub role: Role,
    /// Whether they may log in.
    pub active: bool,
    /// The language of their interface.
    pub language: Language,
    /// What colleagues see of them.
    pub profile: Profile,
    /// Counts the changes of this record.
    pub revision: u64,
    /// When the account was made.
    pub created_at: Timestamp,
}

impl fmt::Debug for Staff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Staff")
            .field("id", &self.id)
            .field("login", &self.login)
            .field("full_name", &self.full_name)
            .field("role", &self.role)
            .field("active", &self.active)
            .field("revision", &self.revision)
            .finish_non_exhaustive()
    }
}

/// Working details and contacts of a staff member (B9). Empty fields are unknown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Profile {
    /// Personnel number.
    pub personnel_number: String,
    /// Position.
    pub position: String,
    /// Department.
    pub department: String,
    /// The manager's full name.
    pub manager_name: String,
    /// City.
    pub city: String,
    /// Dealership.
    pub dealership: String,
    /// Sales department.
    pub sales_department: String,
    /// Internal phone.
    pub internal_phone: String,
    /// Work phone.
    pub work_phone: String,
    /// Email.
    pub email: String,
}

/// The SHA-256 of an opaque token; the token itself is known to its holder alone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenHash(pub [u8; 32]);

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(..)")
    }
}

/// One login of a staff member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffToken {
    /// The token's hash.
    pub hash: TokenHash,
    /// Whose it is.
    pub staff: StaffId,
    /// When it was issued.
    pub created_at: Timestamp,
    /// After this it no longer counts.
    pub expires_at: Timestamp,
}

//! Accounts and logins.

use std::fmt;

use helpdesk_core as core;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// What a staff member may do.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    /// Answers customers.
    Agent,
    /// Also manages accounts, and sees every session.
    Admin,
}

impl From<core::Role> for Role {
    fn from(role: core::Role) -> Self {
        match role {
            core::Role::Agent => Self::Agent,
            core::Role::Admin => Self::Admin,
        }
    }
}

impl From<Role> for core::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::Agent => Self::Agent,
            Role::Admin => Self::Admin,
        }
    }
}

/// A staff member.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Person {
    id: Uuid,
    /// What they log in with.
    login: String,
    /// Full name, shown to customers.
    full_name: String,
    role: Role,
    /// Whether they may log in.
    active: bool,
    /// The language of their interface, such as `en`.
    language: String,
    created_at: Timestamp,
}

impl From<core::Staff> for Person {
    fn from(staff: core::Staff) -> Self {
        Self {
            id: staff.id.as_uuid(),
            login: staff.login,
            full_name: staff.full_name,
            role: staff.role.into(),
            active: staff.active,
            language: staff.language.to_string(),
            created_at: staff.created_at,
        }
    }
}

/// A login and its password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoginRequest {
    #[schema(example = "anna")]
    pub(crate) login: String,
    #[schema(format = Password)]
    pub(crate) password: String,
}

/// A login that began.
#[derive(Serialize, ToSchema)]
pub(crate) struct LoginResponse {
    /// To be sent as `Authorization: Bearer …`. It is shown this once.
    pub(crate) token: String,
    /// After this the token no longer counts.
    pub(crate) expires_at: Timestamp,
    /// Who logged in.
    pub(crate) person: Person,
}

/// A change of one's own password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordChange {
    #[schema(format = Password)]
    pub(crate) current_password: String,
    /// 8 to 200 characters.
    #[schema(format = Password, min_length = 8, max_length = 200)]
    pub(crate) new_password: String,
}

/// An account to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PersonNew {
    /// 1 to 64 bytes without spaces; unique without regard to case.
    #[schema(min_length = 1, max_length = 64, example = "anna")]
    pub(crate) login: String,
    /// 8 to 200 characters.
    #[schema(format = Password, min_length = 8, max_length = 200)]
    pub(crate) password: String,
    /// Shown to customers on every message.
    #[schema(min_length = 1, max_length = 200, example = "Anna Petrova")]
    pub(crate) full_name: String,
    pub(crate) role: Role,
    /// The language of their interface; English without it.
    #[serde(default)]
    #[schema(example = "ru")]
    pub(crate) language: Option<String>,
}

/// What changes about an account; what is left out, or `null`, stays as it is.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PersonChange {
    #[schema(min_length = 1, max_length = 64)]
    pub(crate) login: Option<String>,
    /// Ends every login of the account.
    #[schema(format = Password, min_length = 8, max_length = 200)]
    pub(crate) password: Option<String>,
    #[schema(min_length = 1, max_length = 200)]
    pub(crate) full_name: Option<String>,
    /// Ends every login of the account.
    pub(crate) role: Option<Role>,
    /// `false` ends every login of the account and lets no new one begin.
    pub(crate) active: Option<bool>,
}

/// Bodies with passwords and tokens never print them.
macro_rules! hide {
    ($($name:ident),+) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )+};
}
hide!(LoginRequest, LoginResponse, PasswordChange, PersonNew, PersonChange);

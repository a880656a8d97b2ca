//! Who calls: logins of staff by password, kept as an opaque token in a header or a cookie (A11).
//!
//! What a caller may do is decided by the desk; here it is only made sure who they are.

pub(crate) mod cookie;
pub(crate) mod limit;
pub(crate) mod origin;
pub(crate) mod password;
pub(crate) mod token;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use helpdesk_core::{Actor, Desk, DeskError, Language, Role, Staff, desk::NewStaff, person::TokenHash};

pub use password::{PASSWORD_MAX_CHARS, PASSWORD_MIN_CHARS, PasswordError, hash_password};

use self::{password::Passwords, token::Token};
use crate::{options::PasswordCost, problem::Problem, state::App};

/// The subprotocol prefix under which a browser's WebSocket brings its token, since it cannot set headers.
const SUBPROTOCOL_PREFIX: &str = "bearer.";

/// The staff member who sent a request.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) staff: Staff,
    /// The login that they sent it with.
    pub(crate) token: TokenHash,
}

impl Caller {
    pub(crate) fn actor(&self) -> Actor {
        Actor::Staff { id: self.staff.id, role: self.staff.role }
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let token = match bearer(&parts.headers).or_else(|| subprotocol(&parts.headers)) {
            Some(token) => Token::parse(token).ok_or_else(Problem::unauthenticated)?,
            None => {
                let token = cookie::read(&parts.headers, &app.options.cookie).ok_or_else(Problem::unauthenticated)?;
                origin::check(parts, &app.options.allowed_origins)?;
                token
            }
        };
        let token = token.hash();
        let staff = app.desk.login_check(token).await?.ok_or_else(Problem::unauthenticated)?;
        Ok(Self { staff, token })
    }
}

/// What stands behind `Authorization: Bearer`.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// What a WebSocket's list of subprotocols brings as a token.
fn subprotocol(headers: &HeaderMap) -> Option<&str> {
    let lists = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).find_map(|protocol| protocol.trim().strip_prefix(SUBPROTOCOL_PREFIX))
}

/// Why the first admin was not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BootstrapError {
    /// The password cannot be used.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The desk refused.
    #[error(transparent)]
    Desk(#[from] DeskError),
}

/// Makes the first admin (A11): a host calls it at every start. Answers whether the account was made; where any account
/// exists already, nothing is changed, the password neither.
///
/// ```
/// use std::sync::Arc;
/// use helpdesk_core::{Desk, memory::{MemoryBlobs, MemoryStorage}};
/// use helpdesk_http::auth::bootstrap_admin;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let desk = Desk::builder(Arc::new(MemoryStorage::new()), Arc::new(MemoryBlobs::new())).build()?;
/// assert!(bootstrap_admin(&desk, "admin", "correct horse battery").await?);
/// assert!(!bootstrap_admin(&desk, "admin", "another password").await?);
/// # Ok(())
/// # }
/// ```
pub async fn bootstrap_admin(desk: &Desk, login: &str, password: &str) -> Result<bool, BootstrapError> {
    let password_hash = Passwords::new(PasswordCost::default()).hash(password.to_owned()).await?;
    let admin = NewStaff {
        login: login.to_owned(),
        password_hash: Some(password_hash),
        full_name: login.to_owned(),
        role: Role::Admin,
        language: Language::ENGLISH,
    };
    Ok(desk.admin_bootstrap(admin).await?.is_some())
}

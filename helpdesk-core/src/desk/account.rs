//! Accounts of staff: made by admins alone (A11). Passwords are hashed and tokens are made by the facade; the desk keeps
//! their hashes.

use jiff::Timestamp;

use super::{Attempt, Desk, dialog::acting_staff, raced};
use crate::{
    error::DeskError,
    id::StaffId,
    language::Language,
    limits::{LOGIN_MAX_BYTES, PERSON_NAME_MAX_CHARS},
    permission::{Action, Actor, Relation, allowed},
    person::{Profile, Role, Staff, StaffToken, TokenHash},
    storage::{Cause, ChangeSet, CommitError, Conflict, EventKind, Expectation, Page, PageRequest, Write},
};

/// An account to be made.
#[derive(Clone)]
pub struct NewStaff {
    /// What they log in with: 1 to [`LOGIN_MAX_BYTES`] bytes, no spaces, unique without regard to case.
    pub login: String,
    /// The password's hash in PHC form; `None` where they enter otherwise.
    pub password_hash: Option<String>,
    /// Full name, shown to customers.
    pub full_name: String,
    /// What they may do.
    pub role: Role,
    /// The language of their interface.
    pub language: Language,
}

impl std::fmt::Debug for NewStaff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewStaff").field("login", &self.login).field("role", &self.role).finish_non_exhaustive()
    }
}

/// What changes about an account; `None` stays as it is.
#[derive(Clone, Default)]
pub struct StaffChange {
    /// What they log in with.
    pub login: Option<String>,
    /// The password's hash in PHC form.
    pub password_hash: Option<String>,
    /// Full name.
    pub full_name: Option<String>,
    /// What they may do.
    pub role: Option<Role>,
    /// Whether they may log in.
    pub active: Option<bool>,
}

impl std::fmt::Debug for StaffChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StaffChange")
            .field("login", &self.login)
            .field("role", &self.role)
            .field("active", &self.active)
            .finish_non_exhaustive()
    }
}

impl Desk {
    /// Makes the first admin (A11). `None` when there is an account already: then nothing is changed.
    pub async fn admin_bootstrap(&self, new: NewStaff) -> Result<Option<Staff>, DeskError> {
        let staff = self.new_account(NewStaff { role: Role::Admin, ..new })?;
        let mut changes = ChangeSet::new(staff.created_at);
        changes.expect.push(Expectation::NoStaff);
        changes.events.push(EventKind::StaffChanged { staff: staff.id });
        changes.writes.push(Write::StaffInsert(staff.clone()));
        match self.commit(changes).await {
            Ok(_) => Ok(Some(staff)),
            Err(CommitError::Conflict(Conflict::Staff)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes an account. With a client's `key`, the same key given again answers with the account that it made.
    pub async fn staff_create(&self, actor: &Actor, new: NewStaff, key: Option<&str>) -> Result<Staff, DeskError> {
        allowed(actor, Action::StaffManage, Relation::Other)?;
        let staff = self.new_account(new)?;
        let mut changes = ChangeSet::new(staff.created_at);
        changes.cause = key.map(|key| Cause {
            scope: actor.staff_id().map_or_else(|| "host".to_owned(), |id| format!("staff:{id}")),
            key: format!("account:{key}"),
            outcome: staff.id.to_string(),
        });
        changes.events.push(EventKind::StaffChanged { staff: staff.id });
        changes.writes.push(Write::StaffInsert(staff.clone()));
        match self.commit(changes).await {
            Ok(_) => Ok(staff),
            Err(CommitError::Duplicate { outcome }) => {
                let id = outcome.parse().map_err(|_| DeskError::NotFound { what: "staff member" })?;
                self.staff_read(id).await
            }
            Err(CommitError::Conflict(Conflict::Login)) => Err(login_taken()),
            Err(error) => Err(error.into()),
        }
    }

    /// Staff by full name, a page at a time.
    pub async fn staff_list(&self, actor: &Actor, page: &PageRequest) -> Result<Page<Staff>, DeskError> {
        allowed(actor, Action::StaffList, Relation::Other)?;
        Ok(self.storage().staff_list(page).await?)
    }

    /// One account.
    pub async fn staff(&self, actor: &Actor, id: StaffId) -> Result<Staff, DeskError> {
        allowed(actor, Action::StaffList, Relation::to_staff(actor, id))?;
        self.staff_read(id).await
    }

    /// Changes an account. A new password, a disabled account and a changed role end its logins, so that the change holds
    /// at once.
    ///
    /// # Errors
    ///
    /// [`DeskError::Conflict`] when the last active admin would stop being one, and when the login is taken.
    pub async fn staff_update(&self, actor: &Actor, id: StaffId, change: StaffChange) -> Result<Staff, DeskError> {
        allowed(actor, Action::StaffManage, Relation::to_staff(actor, id))?;
        until_committed!(async {
            let before = self.staff_read(id).await?;
            let mut staff = before.clone();
            if let Some(login) = &change.login {
                staff.login = checked_login(login)?;
            }
            if let Some(full_name) = &change.full_name {
                staff.full_name = checked_name(full_name)?;
            }
            staff.password_hash = change.password_hash.clone().or(staff.password_hash);
            staff.role = change.role.unwrap_or(staff.role);
            staff.active = change.active.unwrap_or(staff.active);
            if staff == before {
                return Ok(staff);
            }
            staff.revision += 1;

            let mut changes = ChangeSet::new(self.now());
            changes.expect.push(Expectation::StaffRevision { staff: id, revision: before.revision });
            let was_admin = before.active && before.role == Role::Admin;
            if was_admin && !(staff.active && staff.role == Role::Admin) {
                self.expect_another_admin(id, &mut changes).await?;
            }
            let ends_logins =
                change.password_hash.is_some() || staff.active != before.active || staff.role != before.role;
            changes.writes.push(Write::StaffUpdate(staff.clone()));
            if ends_logins {
                changes.writes.push(Write::TokenDeleteAll { staff: id, except: None });
            }
            changes.events.push(EventKind::StaffChanged { staff: id });
            self.commit(changes).await.map_err(raced)?;
            Ok(staff)
        })
    }

    /// Changes the actor's own password, and ends their other logins.
    pub async fn password_change(
        &self,
        actor: &Actor,
        password_hash: String,
        keep: Option<TokenHash>,
    ) -> Result<(), DeskError> {
        let id = acting_staff(actor)?;
        allowed(actor, Action::OwnAccount, Relation::to_staff(actor, id))?;
        until_committed!(async {
            let before = self.staff_read(id).await?;
            let mut changes = ChangeSet::new(self.now());
            changes.expect.push(Expectation::StaffRevision { staff: id, revision: before.revision });
            let revision = before.revision + 1;
            let password_hash = Some(password_hash.clone());
            changes.writes.push(Write::StaffUpdate(Staff { password_hash, revision, ..before }));
            changes.writes.push(Write::TokenDeleteAll { staff: id, except: keep });
            changes.events.push(EventKind::StaffChanged { staff: id });
            self.commit(changes).await.map(drop).map_err(raced)
        })
    }

    /// The account with this login, active or not: what a facade checks a password against.
    pub async fn staff_by_login(&self, login: &str) -> Result<Option<Staff>, DeskError> {
        // What no login can be is not asked for: a database may not even take the question.
        if checked_login(login).is_err() {
            return Ok(None);
        }
        Ok(self.storage().staff_by_login(login).await?)
    }

    /// A login begins: `token` counts until `expires_at`.
    pub async fn login_begin(&self, staff: StaffId, token: TokenHash, expires_at: Timestamp) -> Result<(), DeskError> {
        let now = self.now();
        let mut changes = ChangeSet::new(now);
        changes.writes.push(Write::TokenInsert(StaffToken { hash: token, staff, created_at: now, expires_at }));
        Ok(self.commit(changes).await.map(drop)?)
    }

    /// Whose token this is, if it still counts and its owner may log in.
    pub async fn login_check(&self, token: TokenHash) -> Result<Option<Staff>, DeskError> {
        let Some(login) = self.storage().staff_token(token).await? else { return Ok(None) };
        if login.expires_at <= self.now() {
            return Ok(None);
        }
        Ok(self.storage().staff(login.staff).await?.filter(|staff| staff.active))
    }

    /// A login ends; ending one that has ended is no error.
    pub async fn login_end(&self, token: TokenHash) -> Result<(), DeskError> {
        let mut changes = ChangeSet::new(self.now());
        changes.writes.push(Write::TokenDelete(token));
        Ok(self.commit(changes).await.map(drop)?)
    }

    async fn staff_read(&self, id: StaffId) -> Result<Staff, DeskError> {
        self.storage().staff(id).await?.ok_or(DeskError::NotFound { what: "staff member" })
    }

    /// Somebody must be left who can make accounts. The other admin is expected to stay as they were read, so that two
    /// admins who disable each other at once cannot both succeed.
    async fn expect_another_admin(&self, leaving: StaffId, changes: &mut ChangeSet) -> Result<(), Attempt> {
        let mut page = PageRequest::first(crate::limits::PAGE_MAX_ROWS);
        loop {
            let found = self.storage().staff_list(&page).await?;
            let other =
                found.items.iter().find(|staff| staff.id != leaving && staff.active && staff.role == Role::Admin);
            if let Some(other) = other {
                changes.expect.push(Expectation::StaffRevision { staff: other.id, revision: other.revision });
                return Ok(());
            }
            if found.next.is_none() {
                let reason = "this is the last active admin: appoint another one first";
                return Err(Attempt::Failed(DeskError::Conflict(reason.to_owned())));
            }
            page.cursor = found.next;
        }
    }

    fn new_account(&self, new: NewStaff) -> Result<Staff, DeskError> {
        let now = self.now();
        Ok(Staff {
            id: self.ids(now).staff(),
            login: checked_login(&new.login)?,
            password_hash: new.password_hash,
            full_name: checked_name(&new.full_name)?,
            role: new.role,
            active: true,
            language: new.language,
            profile: Profile::default(),
            revision: 0,
            created_at: now,
        })
    }
}

fn checked_login(login: &str) -> Result<String, DeskError> {
    let fits = (1..=LOGIN_MAX_BYTES).contains(&login.len());
    if fits && !login.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Ok(login.to_owned());
    }
    Err(DeskError::Invalid(format!("a login has 1 to {LOGIN_MAX_BYTES} bytes and no spaces")))
}

fn checked_name(name: &str) -> Result<String, DeskError> {
    let name = name.trim();
    let fits = (1..=PERSON_NAME_MAX_CHARS).contains(&name.chars().count());
    if fits && !name.chars().any(char::is_control) {
        return Ok(name.to_owned());
    }
    Err(DeskError::Invalid(format!("a full name has 1 to {PERSON_NAME_MAX_CHARS} characters on one line")))
}

pub(super) fn login_taken() -> DeskError {
    DeskError::Conflict("this login is taken: choose another".to_owned())
}

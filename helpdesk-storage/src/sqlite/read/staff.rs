//! Staff and their logins.

use helpdesk_core::{
    id::StaffId,
    person::{Staff, StaffToken, TokenHash},
    storage::{Page, PageRequest, StorageError},
};
use sqlx::{QueryBuilder, sqlite::SqliteRow};

use super::{
    Reader,
    page::{self, ByName},
};
use crate::sqlite::row;

impl Reader {
    pub(in crate::sqlite) async fn staff(&self, id: StaffId) -> Result<Option<Staff>, StorageError> {
        self.one(sqlx::query("SELECT * FROM helpdesk_staff WHERE id = ?").bind(id.as_uuid()), row::staff).await
    }

    pub(in crate::sqlite) async fn staff_by_login(&self, login: &str) -> Result<Option<Staff>, StorageError> {
        let query = sqlx::query("SELECT * FROM helpdesk_staff WHERE login_folded = ?");
        self.one(query.bind(login.to_lowercase()), row::staff).await
    }

    pub(in crate::sqlite) async fn staff_list(&self, page: &PageRequest) -> Result<Page<Staff>, StorageError> {
        let mut query = QueryBuilder::new("SELECT * FROM helpdesk_staff");
        if let Some(ByName(name, id)) = page::after(page)? {
            query.push(" WHERE (full_name_folded, id) > (").push_bind(name);
            query.push(", ").push_bind(id.as_uuid()).push(")");
        }
        query.push(" ORDER BY full_name_folded, id LIMIT ").push_bind(page::rows(page));
        let read = |row: &SqliteRow| {
            let staff = row::staff(row)?;
            Ok((ByName(staff.full_name.to_lowercase(), staff.id), staff))
        };
        Ok(page::cut(self.all(query.build(), read).await?, page))
    }

    pub(in crate::sqlite) async fn staff_token(&self, hash: TokenHash) -> Result<Option<StaffToken>, StorageError> {
        let query = sqlx::query("SELECT * FROM helpdesk_staff_tokens WHERE hash = ?");
        self.one(query.bind(hash.0.to_vec()), row::staff_token).await
    }
}

//! Staff and their logins.

use helpdesk_core::{
    id::StaffId,
    person::{Staff, StaffToken, TokenHash},
};

use super::Plan;
use crate::sqlite::{
    batch::Verdict,
    encode::{integer, json, micros, name},
};

impl Plan {
    pub(super) fn staff_insert(&mut self, staff: &Staff) {
        self.batch.add(
            Verdict::Ran,
            "INSERT INTO helpdesk_staff (login, login_folded, password_hash, full_name, full_name_folded, role, active, \
             language, profile, revision, created_at, id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        );
        self.bind_staff(staff);
    }

    pub(super) fn staff_update(&mut self, staff: &Staff) {
        self.batch.add(
            Verdict::Changed("staff"),
            "UPDATE helpdesk_staff SET login = ?, login_folded = ?, password_hash = ?, full_name = ?, \
             full_name_folded = ?, role = ?, active = ?, language = ?, profile = ?, revision = ?, created_at = ? \
             WHERE id = ?",
        );
        self.bind_staff(staff);
    }

    fn bind_staff(&mut self, staff: &Staff) {
        self.batch
            .bind(&staff.login)
            .bind(staff.login.to_lowercase())
            .bind(&staff.password_hash)
            .bind(&staff.full_name)
            .bind(staff.full_name.to_lowercase())
            .bind(name(&staff.role))
            .bind(staff.active)
            .bind(staff.language.as_str())
            .bind(json(&staff.profile))
            .bind(integer(staff.revision))
            .bind(micros(staff.created_at))
            .bind(staff.id.as_uuid());
    }

    pub(super) fn token_insert(&mut self, token: &StaffToken) {
        self.batch
            .add(
                Verdict::Ran,
                "INSERT INTO helpdesk_staff_tokens (hash, staff, created_at, expires_at) VALUES (?, ?, ?, ?)",
            )
            .bind(token.hash.0.as_slice())
            .bind(token.staff.as_uuid())
            .bind(micros(token.created_at))
            .bind(micros(token.expires_at));
    }

    pub(super) fn token_delete(&mut self, hash: TokenHash) {
        self.batch.add(Verdict::Ran, "DELETE FROM helpdesk_staff_tokens WHERE hash = ?").bind(hash.0.as_slice());
    }

    pub(super) fn token_delete_all(&mut self, staff: StaffId, except: Option<TokenHash>) {
        self.batch
            .add(Verdict::Ran, "DELETE FROM helpdesk_staff_tokens WHERE staff = ? AND hash IS NOT ?")
            .bind(staff.as_uuid())
            .bind(except.map(|hash| hash.0.to_vec()));
    }
}

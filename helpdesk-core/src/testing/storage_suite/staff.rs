//! Accounts and logins (A11).

use std::sync::Arc;

use super::scene::{Scene, assert_conflict, at, writes};
use crate::{
    language::Language,
    person::{Profile, Role, Staff, StaffToken, TokenHash},
    storage::{ChangeSet, Conflict, Expectation, Storage, Write},
};

pub async fn every_field_of_an_account_is_read_back(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let profile = Profile {
        personnel_number: "007".to_owned(),
        position: "Инженер".to_owned(),
        department: "Поддержка".to_owned(),
        manager_name: "Иванов И. И.".to_owned(),
        city: "Пермь".to_owned(),
        dealership: "ДЦ Север".to_owned(),
        sales_department: "ОП-1".to_owned(),
        internal_phone: "12-34".to_owned(),
        work_phone: "+7 342".to_owned(),
        email: "zoe@example.org".to_owned(),
    };
    let staff = Staff {
        password_hash: Some("$argon2id$v=19$secret".to_owned()),
        role: Role::Admin,
        active: false,
        language: Language::RUSSIAN,
        profile,
        revision: 3,
        ..scene.staff_new("Зоя", "Зоя Ёлкина")
    };
    scene.write([Write::StaffInsert(staff.clone())]).await;
    assert!(scene.storage.staff(staff.id).await.unwrap() == Some(staff.clone()));
    let changed = Staff {
        login: "zoe".to_owned(),
        password_hash: None,
        full_name: "Zoe".to_owned(),
        role: Role::Agent,
        active: true,
        language: Language::ENGLISH,
        profile: Profile::default(),
        revision: 4,
        ..staff
    };
    scene.write([Write::StaffUpdate(changed.clone())]).await;
    assert!(scene.storage.staff(changed.id).await.unwrap() == Some(changed));
    assert_eq!(scene.storage.staff(scene.ids().staff()).await.unwrap(), None);
}

pub async fn a_login_is_taken_whatever_its_case(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let anna = scene.staff("Анна.Ё", "Анна").await;
    let zoe = scene.staff("zoe", "Zoe").await;
    for login in ["анна.ё", "АННА.Ё", "Анна.Ё", "ZOE"] {
        let taken = Write::StaffInsert(scene.staff_new(login, "Somebody"));
        assert_conflict(scene.storage.commit(writes([taken])).await, Conflict::Login);
    }
    let renamed = Write::StaffUpdate(Staff { login: "АННА.ё".to_owned(), ..zoe.clone() });
    assert_conflict(scene.storage.commit(writes([renamed])).await, Conflict::Login);
    // Writing one's own login in another way takes nothing from anybody.
    scene.write([Write::StaffUpdate(Staff { login: "анна.Ё".to_owned(), revision: 1, ..anna })]).await;
    scene.write([Write::StaffUpdate(Staff { full_name: "Zoe B.".to_owned(), ..zoe })]).await;
}

pub async fn an_account_is_found_by_its_login_in_any_case(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let anna = scene.staff("Анна.Ё", "Анна").await;
    for login in ["Анна.Ё", "анна.ё", "АННА.Ё"] {
        assert_eq!(scene.storage.staff_by_login(login).await.unwrap().as_ref(), Some(&anna));
    }
    for login in ["анна", "анна.е", "", "%"] {
        assert_eq!(scene.storage.staff_by_login(login).await.unwrap(), None);
    }
    scene.write([Write::StaffUpdate(Staff { login: "Vera".to_owned(), ..anna.clone() })]).await;
    assert_eq!(scene.storage.staff_by_login("анна.ё").await.unwrap(), None, "the login before is free");
    assert_eq!(scene.storage.staff_by_login("vera").await.unwrap().map(|staff| staff.id), Some(anna.id));
}

pub async fn an_old_revision_of_an_account_is_a_conflict(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let staff = scene.staff("zoe", "Zoe").await;
    let expecting = |staff, revision| ChangeSet {
        expect: vec![Expectation::StaffRevision { staff, revision }],
        ..ChangeSet::new(at(0))
    };
    scene.commit(expecting(staff.id, 0)).await;
    scene.write([Write::StaffUpdate(Staff { revision: 1, ..staff.clone() })]).await;
    assert_conflict(scene.storage.commit(expecting(staff.id, 0)).await, Conflict::Staff);
    assert_conflict(scene.storage.commit(expecting(scene.ids().staff(), 0)).await, Conflict::Staff);
    scene.commit(expecting(staff.id, 1)).await;
}

pub async fn the_first_admin_is_made_only_where_there_is_no_account(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let bootstrap = |login| ChangeSet {
        expect: vec![Expectation::NoStaff],
        ..writes([Write::StaffInsert(scene.staff_new(login, "Admin"))])
    };
    scene.commit(bootstrap("first")).await;
    assert_conflict(scene.storage.commit(bootstrap("second")).await, Conflict::Staff);
    assert_eq!(scene.storage.staff_by_login("second").await.unwrap(), None);
}

fn token(staff: &Staff, number: u8, expires_at: i64) -> StaffToken {
    StaffToken { hash: TokenHash([number; 32]), staff: staff.id, created_at: at(0), expires_at: at(expires_at) }
}

pub async fn a_login_begins_and_ends(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let staff = scene.staff("zoe", "Zoe").await;
    let (one, other) = (token(&staff, 1, 60), token(&staff, 2, 60));
    scene.write([Write::TokenInsert(one.clone()), Write::TokenInsert(other.clone())]).await;
    assert_eq!(scene.storage.staff_token(one.hash).await.unwrap(), Some(one.clone()));
    scene.write([Write::TokenDelete(one.hash)]).await;
    assert_eq!(scene.storage.staff_token(one.hash).await.unwrap(), None);
    assert_eq!(scene.storage.staff_token(other.hash).await.unwrap(), Some(other));
}

pub async fn all_logins_of_an_account_end_but_one(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let (zoe, adam) = (scene.staff("zoe", "Zoe").await, scene.staff("adam", "Adam").await);
    let tokens = [token(&zoe, 1, 60), token(&zoe, 2, 60), token(&zoe, 3, 60), token(&adam, 4, 60)];
    scene.write(tokens.clone().map(Write::TokenInsert)).await;
    let alive = async || {
        let mut alive = Vec::new();
        for token in &tokens {
            alive.push(scene.storage.staff_token(token.hash).await.unwrap().is_some());
        }
        alive
    };
    scene.write([Write::TokenDeleteAll { staff: zoe.id, except: Some(tokens[1].hash) }]).await;
    assert_eq!(alive().await, [false, true, false, true]);
    scene.write([Write::TokenDeleteAll { staff: zoe.id, except: None }]).await;
    assert_eq!(alive().await, [false, false, false, true]);
}

pub async fn ended_logins_are_pruned(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let staff = scene.staff("zoe", "Zoe").await;
    let (ended, alive) = (token(&staff, 1, 10), token(&staff, 2, 1000));
    scene.write([Write::TokenInsert(ended.clone()), Write::TokenInsert(alive.clone())]).await;
    let prune = Write::Prune { causes_before: at(50), events_before: at(50) };
    scene.commit(ChangeSet { writes: vec![prune], ..ChangeSet::new(at(100)) }).await;
    assert_eq!(scene.storage.staff_token(ended.hash).await.unwrap(), None);
    assert_eq!(scene.storage.staff_token(alive.hash).await.unwrap(), Some(alive));
}

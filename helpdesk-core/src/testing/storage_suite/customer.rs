//! Customers and their addresses.

use std::{collections::BTreeMap, sync::Arc};

use super::scene::{Scene, address, assert_conflict, assert_missing, at, channel, external, writes};
use crate::{
    address::Address,
    language::Language,
    message::{Delivery, DeliveryStatus},
    person::{AddressBook, Customer, CustomerAddress},
    storage::{Conflict, Storage, Task, Write},
};

fn reached(customer: &Customer, address: Address) -> CustomerAddress {
    CustomerAddress { address, customer: customer.id, handle: None, unreachable_since: None }
}

async fn book(scene: &Scene, customer: &Customer) -> AddressBook {
    scene.storage.customer(customer.id).await.unwrap().expect("the customer is stored")
}

pub async fn a_customer_is_read_back_with_their_addresses_oldest_first(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let customer = Customer {
        host_id: Some("CRM-7".to_owned()),
        language: Language::ENGLISH,
        attributes: BTreeMap::from([("Тариф".to_owned(), "«Всё включено» 🚗".to_owned())]),
        ..scene.customer_new("Анна 🙂")
    };
    let addresses = [
        CustomerAddress {
            handle: Some("anna".to_owned()),
            unreachable_since: Some(at(5)),
            ..reached(&customer, address("900"))
        },
        reached(&customer, Address::new(channel("email"), "anna@example.org").expect("it fits")),
        reached(&customer, address("100")),
    ];
    scene.write([Write::CustomerInsert(customer.clone())]).await;
    for known in &addresses {
        scene.write([Write::AddressInsert(known.clone())]).await;
    }
    let expected = AddressBook { customer: customer.clone(), addresses: addresses.to_vec() };
    assert_eq!(book(&scene, &customer).await, expected);
    for known in &addresses {
        assert_eq!(scene.storage.customer_by_address(&known.address).await.unwrap().as_ref(), Some(&expected));
    }
    let same_key_elsewhere = Address::new(channel("email"), "900").expect("it fits");
    assert_eq!(scene.storage.customer_by_address(&same_key_elsewhere).await.unwrap(), None);
    assert_eq!(scene.storage.customer(scene.ids().customer()).await.unwrap(), None);
}

pub async fn a_changed_customer_is_read_back(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let customer = scene.customer("anna").await;
    let changed = Customer {
        name: "Анна Иванова".to_owned(),
        host_id: Some("7".to_owned()),
        attributes: BTreeMap::from([("a".to_owned(), "b".to_owned())]),
        language: Language::ENGLISH,
        ..customer
    };
    scene.write([Write::CustomerUpdate(changed.clone())]).await;
    assert_eq!(book(&scene, &changed).await.customer, changed);
}

pub async fn an_address_belongs_to_one_customer(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let anna = scene.customer("anna").await;
    let boris = scene.customer("boris").await;
    for customer in [&anna, &boris] {
        let again = Write::AddressInsert(reached(customer, address("anna")));
        assert_conflict(scene.storage.commit(writes([again])).await, Conflict::Address);
    }
    assert_eq!(book(&scene, &boris).await.addresses, [reached(&boris, address("boris"))]);
}

pub async fn a_handle_and_reachability_can_change(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let customer = scene.customer("anna").await;
    for (handle, unreachable_since) in [(Some("anna".to_owned()), Some(at(3))), (None, None)] {
        let changed = CustomerAddress { handle, unreachable_since, ..reached(&customer, address("anna")) };
        scene.write([Write::AddressUpdate(changed.clone())]).await;
        assert_eq!(book(&scene, &customer).await.addresses, [changed]);
    }
}

pub async fn a_moved_address_takes_sessions_deliveries_and_work_along(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let customer = scene.customer("old").await;
    let (old, new) = (address("old"), address("new"));
    let closed = scene.session(&customer).await;
    scene.close(&closed).await;
    let session = scene.session(&customer).await;
    let statuses = [
        DeliveryStatus::Pending,
        DeliveryStatus::Failed { reason: "no".to_owned() },
        DeliveryStatus::Unknown,
        DeliveryStatus::Sent,
        DeliveryStatus::Read,
    ];
    let mut messages = Vec::new();
    for status in statuses {
        let message = scene.message_out(&session, "hello").await;
        let delivery = Delivery { status: status.clone(), ..Delivery::pending(old.clone(), at(1)) };
        scene.write([Write::DeliveryUpdate { message: message.id, delivery }]).await;
        messages.push((message, status));
    }
    let task = scene.task(&Task::lane_to(&old), at(0)).await;
    let bystander = scene.dialog("bystander").await;
    let other_task = scene.task(&Task::lane_to(&bystander.address), at(0)).await;

    scene.write([Write::AddressMove { from: old.clone(), to: new.clone() }]).await;

    assert_eq!(book(&scene, &customer).await.addresses, [reached(&customer, new.clone())]);
    assert_eq!(scene.storage.customer_by_address(&old).await.unwrap(), None);
    for moved in [&closed, &session] {
        assert_eq!(scene.session_stored(moved).await.address, new);
    }
    for (message, status) in messages {
        let delivery = scene.message_stored(message.id).await.delivery.unwrap();
        // What has arrived has arrived at the old place: the channel knows it by its name there.
        let arrived = matches!(status, DeliveryStatus::Sent | DeliveryStatus::Read);
        assert_eq!(delivery.address, if arrived { old.clone() } else { new.clone() }, "{status:?}");
        assert_eq!(delivery.status, status);
    }
    assert_eq!(scene.session_stored(&bystander).await, bystander);
    let mut lanes: Vec<_> = scene.claim(at(1), 9).await.into_iter().map(|task| (task.id, task.lane)).collect();
    lanes.sort();
    assert_eq!(lanes, [(task.id, Task::lane_to(&new)), (other_task.id, Task::lane_to(&bystander.address))]);
}

pub async fn a_move_onto_another_address_of_the_same_customer_merges_the_two(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let customer = scene.customer("old").await;
    let new = CustomerAddress { handle: Some("anna".to_owned()), ..reached(&customer, address("new")) };
    scene.write([Write::AddressInsert(new.clone())]).await;
    let session = scene.session(&customer).await;
    scene.write([Write::AddressMove { from: address("old"), to: address("new") }]).await;
    assert_eq!(book(&scene, &customer).await.addresses, [new]);
    assert_eq!(scene.session_stored(&session).await.address, address("new"));
}

pub async fn a_move_onto_somebody_elses_address_is_refused(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let anna = scene.dialog("anna").await;
    let boris = scene.dialog("boris").await;
    let moved = Write::AddressMove { from: address("anna"), to: address("boris") };
    assert_conflict(scene.storage.commit(writes([moved])).await, Conflict::Address);
    assert_eq!(scene.session_stored(&anna).await, anna);
    assert_eq!(scene.session_stored(&boris).await, boris);
    let nobody = Write::AddressMove { from: address("nobody"), to: address("boris") };
    assert_missing(&scene.storage.commit(writes([nobody])).await);
}

pub async fn a_move_of_an_address_onto_itself_changes_nothing(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let customer = scene.customer("anna").await;
    let session = scene.session(&customer).await;
    let mut message = scene.message_new(&session, "hello");
    message.external_id = Some(external("7"));
    let message = scene.insert(message).await;
    scene.write([Write::AddressMove { from: address("anna"), to: address("anna") }]).await;
    assert_eq!(book(&scene, &customer).await.addresses, [reached(&customer, address("anna"))]);
    assert_eq!(scene.session_stored(&session).await, session);
    let found = scene.storage.message_by_external(&address("anna"), &external("7")).await.unwrap();
    assert_eq!(found, Some(message));
}

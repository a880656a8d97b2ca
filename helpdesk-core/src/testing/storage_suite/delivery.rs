//! Deliveries: a message's way to its customer.

use std::sync::Arc;

use super::scene::{Scene, address, assert_conflict, at, external};
use crate::{
    message::{Delivery, DeliveryStatus},
    storage::{ChangeSet, Conflict, Expectation, Storage, Write},
};

pub async fn every_status_is_read_back(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let session = scene.dialog("anna").await;
    let message = scene.message_out(&session, "hello").await;
    let statuses = [
        DeliveryStatus::Sending { part: 0 },
        DeliveryStatus::Sending { part: 7 },
        DeliveryStatus::Pending,
        DeliveryStatus::Sent,
        DeliveryStatus::Read,
        DeliveryStatus::Failed { reason: "заблокирован".to_owned() },
        DeliveryStatus::Unknown,
    ];
    for (second, status) in (1..).zip(statuses) {
        let external_ids = (0..second).map(|part| external(&format!("id-{}", 9 - part))).collect();
        let delivery = Delivery { address: address("anna"), status, external_ids, updated_at: at(second) };
        scene.write([Write::DeliveryUpdate { message: message.id, delivery: delivery.clone() }]).await;
        assert_eq!(scene.message_stored(message.id).await.delivery, Some(delivery));
    }
}

pub async fn a_delivery_that_has_moved_on_is_a_conflict(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let session = scene.dialog("anna").await;
    let message = scene.message_out(&session, "hello").await;
    let came_in = scene.message(&session, "hi").await;
    let pending = message.delivery.clone().unwrap();
    let expecting = |message, delivery: &Delivery| ChangeSet {
        expect: vec![Expectation::DeliveryUnchanged { message, delivery: delivery.clone() }],
        ..ChangeSet::new(at(2))
    };
    scene.commit(expecting(message.id, &pending)).await;
    let changed = [
        Delivery { status: DeliveryStatus::Sending { part: 0 }, ..pending.clone() },
        Delivery { external_ids: vec![external("1")], ..pending.clone() },
        Delivery { updated_at: at(2), ..pending.clone() },
        Delivery { address: address("elsewhere"), ..pending.clone() },
    ];
    for delivery in changed {
        scene.write([Write::DeliveryUpdate { message: message.id, delivery: delivery.clone() }]).await;
        assert_conflict(scene.storage.commit(expecting(message.id, &pending)).await, Conflict::Message);
        scene.commit(expecting(message.id, &delivery)).await;
    }
    assert_conflict(scene.storage.commit(expecting(came_in.id, &pending)).await, Conflict::Message);
    assert_conflict(scene.storage.commit(expecting(scene.ids().message(), &pending)).await, Conflict::Message);
}

pub async fn a_message_that_went_out_is_found_by_any_of_its_parts(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let session = scene.dialog("anna").await;
    let message = scene.message_out(&session, "a long text").await;
    let delivery = Delivery {
        status: DeliveryStatus::Sent,
        external_ids: vec![external("20"), external("21")],
        ..message.delivery.clone().unwrap()
    };
    let sent = Write::DeliveryUpdate { message: message.id, delivery: delivery.clone() };
    scene.write([sent]).await;
    let found =
        async |at: &str, id: &str| scene.storage.message_by_external(&address(at), &external(id)).await.unwrap();
    for part in ["20", "21"] {
        assert_eq!(found("anna", part).await.map(|message| message.id), Some(message.id));
    }
    assert_eq!(found("anna", "2").await, None);
    assert_eq!(found("boris", "20").await, None);
}

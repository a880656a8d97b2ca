//! Messages, their attachments, their deliveries, and the names that channels have for them.

use helpdesk_core::{
    address::{Address, ExternalId},
    id::MessageId,
    message::{Attachment, Delivery, DeliveryStatus, Message},
};
use jiff::Timestamp;

use super::{Named, Plan, Reworded};
use crate::sqlite::{
    batch::Verdict,
    encode::{json, micros, name},
    words,
};

impl Plan {
    pub(super) fn message_insert(&mut self, message: &Message) {
        self.batch
            .add(
                Verdict::Message,
                "INSERT INTO helpdesk_messages (chat, seq, id, author, visibility, text, format, prompt, prompt_open, \
                 sources, reply_to, forwarded_from, created_at, edited_at, deleted_at, pinned_at, external_id, album, \
                 delivery_channel, delivery_address_key, delivery_status, delivery_external_ids, delivery_updated_at, \
                 delivery_waits) \
                 SELECT c.id, 1 + coalesce((SELECT max(seq) FROM helpdesk_messages WHERE chat = c.id), 0), ?, ?, ?, ?, ?, \
                 ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM helpdesk_chats c WHERE c.id = ?",
            )
            .bind(message.id.as_uuid())
            .bind(json(&message.author))
            .bind(name(&message.visibility))
            .bind(&message.text)
            .bind(name(&message.format))
            .bind(message.prompt.map(|prompt| json(&prompt.kind)))
            .bind(message.prompt.is_some_and(|prompt| prompt.open))
            .bind(json(&message.sources))
            .bind(message.reply_to.map(|message| message.as_uuid()))
            .bind(message.forwarded_from.map(|message| message.as_uuid()))
            .bind(micros(message.created_at))
            .bind(message.edited_at.map(micros))
            .bind(message.deleted_at.map(micros))
            .bind(message.pinned_at.map(micros))
            .bind(message.external_id.as_ref().map(|external| external.0.as_str()))
            .bind(&message.group);
        self.bind_delivery(message.delivery.as_ref());
        self.batch.bind(message.chat.as_uuid());
        self.words.push(words::of_message(&message.text, &message.attachments));
        for attachment in &message.attachments {
            self.attachment_row(message.id, attachment);
        }
        if let Some(external) = &message.external_id {
            self.named.push(Named { chat: message.chat, message: message.id, external: external.clone() });
        }
        if let Some(delivery) = &message.delivery {
            self.name_parts(message.id, delivery);
        }
    }

    pub(super) fn message_revise(&mut self, message: MessageId, text: &str, at: Timestamp) {
        self.batch
            .add(
                Verdict::Changed("message"),
                "INSERT INTO helpdesk_message_revisions (message, text, replaced_at) \
                 SELECT id, text, ? FROM helpdesk_messages WHERE id = ?",
            )
            .bind(micros(at))
            .bind(message.as_uuid())
            .add(Verdict::Ran, "UPDATE helpdesk_messages SET text = ?, edited_at = ? WHERE id = ?")
            .bind(text)
            .bind(micros(at))
            .bind(message.as_uuid());
        self.reworded.push(Reworded::Message(message));
    }

    pub(super) fn message_caption(&mut self, message: MessageId, text: &str) {
        self.batch
            .add(Verdict::Changed("message"), "UPDATE helpdesk_messages SET text = ? WHERE id = ?")
            .bind(text)
            .bind(message.as_uuid());
        self.reworded.push(Reworded::Message(message));
    }

    pub(super) fn album_close(&mut self, message: MessageId) {
        self.batch
            .add(Verdict::Changed("message"), "UPDATE helpdesk_messages SET album = NULL WHERE id = ?")
            .bind(message.as_uuid());
    }

    pub(super) fn prompt_close(&mut self, message: MessageId) {
        self.batch
            .add(Verdict::Changed("message"), "UPDATE helpdesk_messages SET prompt_open = 0 WHERE id = ?")
            .bind(message.as_uuid());
    }

    pub(super) fn attachment_insert(&mut self, message: MessageId, attachment: &Attachment) {
        self.batch
            .add(Verdict::Exists("message"), "SELECT EXISTS (SELECT 1 FROM helpdesk_messages WHERE id = ?)")
            .bind(message.as_uuid());
        self.attachment_row(message, attachment);
        self.reworded.push(Reworded::Message(message));
    }

    pub(super) fn attachment_update(&mut self, attachment: &Attachment) {
        self.batch
            .add(Verdict::Changed("attachment"), "UPDATE helpdesk_attachments SET body = ? WHERE id = ?")
            .bind(json(&attachment.body))
            .bind(attachment.id.as_uuid());
        self.reworded.push(Reworded::MessageOf(attachment.id));
    }

    pub(super) fn delivery_update(&mut self, message: MessageId, delivery: &Delivery) {
        self.batch.add(
            Verdict::Changed("message"),
            "UPDATE helpdesk_messages SET delivery_channel = ?, delivery_address_key = ?, delivery_status = ?, \
             delivery_external_ids = ?, delivery_updated_at = ?, delivery_waits = ? WHERE id = ?",
        );
        self.bind_delivery(Some(delivery));
        self.batch.bind(message.as_uuid());
        self.name_parts(message, delivery);
    }

    /// Names the messages that came in by the addresses that their sessions have now.
    pub(super) fn name_messages(&mut self) {
        for Named { chat, message, external } in std::mem::take(&mut self.named) {
            self.batch
                .add(
                    Verdict::Ran,
                    "INSERT INTO helpdesk_external_ids (channel, address_key, external_id, message) \
                     SELECT s.channel, s.address_key, ?, ? FROM helpdesk_chats c \
                     JOIN helpdesk_sessions s ON s.id = c.session WHERE c.id = ? AND c.kind = 'support' \
                     ON CONFLICT (channel, address_key, external_id) DO UPDATE SET message = excluded.message",
                )
                .bind(external.0)
                .bind(message.as_uuid())
                .bind(chat.as_uuid());
        }
    }

    /// Names a message by the parts that a channel has taken.
    fn name_parts(&mut self, message: MessageId, Delivery { address, external_ids, .. }: &Delivery) {
        let Address { channel, key } = address;
        for ExternalId(external) in external_ids {
            self.batch
                .add(
                    Verdict::Ran,
                    "INSERT INTO helpdesk_external_ids (channel, address_key, external_id, message) VALUES (?, ?, ?, ?) \
                     ON CONFLICT (channel, address_key, external_id) DO UPDATE SET message = excluded.message",
                )
                .bind(channel.as_str())
                .bind(key)
                .bind(external)
                .bind(message.as_uuid());
        }
    }

    fn attachment_row(&mut self, message: MessageId, attachment: &Attachment) {
        self.batch
            .add(Verdict::Ran, "INSERT INTO helpdesk_attachments (id, message, body) VALUES (?, ?, ?)")
            .bind(attachment.id.as_uuid())
            .bind(message.as_uuid())
            .bind(json(&attachment.body));
    }

    fn bind_delivery(&mut self, delivery: Option<&Delivery>) {
        let arrived = |status: &DeliveryStatus| matches!(status, DeliveryStatus::Sent | DeliveryStatus::Read);
        self.batch
            .bind(delivery.map(|delivery| delivery.address.channel.as_str()))
            .bind(delivery.map(|delivery| delivery.address.key.as_str()))
            .bind(delivery.map(|delivery| json(&delivery.status)))
            .bind(delivery.map(|delivery| json(&delivery.external_ids)))
            .bind(delivery.map(|delivery| micros(delivery.updated_at)))
            .bind(delivery.is_some_and(|delivery| !arrived(&delivery.status)));
    }
}

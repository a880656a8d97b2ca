//! Messages, their revisions and their attachments.

use helpdesk_core::{
    address::{Address, ExternalId},
    id::{AttachmentId, ChatId, MessageId},
    message::{Attachment, Message, Revision},
    storage::{MessageFilter, MessageOrder, Page, PageRequest, StorageError},
};
use sqlx::{QueryBuilder, sqlite::SqliteRow};

use super::{
    Reader,
    page::{self, BySeq},
    push_ids,
};
use crate::sqlite::{
    encode::integer,
    row::{self, message_columns},
};

impl Reader {
    pub(in crate::sqlite) async fn message(&self, id: MessageId) -> Result<Option<Message>, StorageError> {
        const BY_ID: &str = concat!("SELECT ", message_columns!(), " FROM helpdesk_messages m WHERE m.id = ?");
        self.one(sqlx::query(BY_ID).bind(id.as_uuid()), row::message).await
    }

    pub(in crate::sqlite) async fn message_batch(&self, ids: &[MessageId]) -> Result<Vec<Message>, StorageError> {
        let mut query =
            QueryBuilder::new(concat!("SELECT ", message_columns!(), " FROM helpdesk_messages m WHERE m.id IN "));
        push_ids(&mut query, ids.iter().map(MessageId::as_uuid));
        self.all(query.build(), row::message).await
    }

    pub(in crate::sqlite) async fn message_by_external(
        &self,
        address: &Address,
        ExternalId(external): &ExternalId,
    ) -> Result<Option<Message>, StorageError> {
        const BY_EXTERNAL: &str = concat!(
            "SELECT ",
            message_columns!(),
            " FROM helpdesk_messages m WHERE m.id = (SELECT message FROM helpdesk_external_ids \
             WHERE channel = ? AND address_key = ? AND external_id = ?)"
        );
        let query = sqlx::query(BY_EXTERNAL).bind(address.channel.as_str()).bind(&address.key).bind(external);
        self.one(query, row::message).await
    }

    pub(in crate::sqlite) async fn message_by_group(
        &self,
        chat: ChatId,
        group: &str,
    ) -> Result<Option<Message>, StorageError> {
        const BY_GROUP: &str =
            concat!("SELECT ", message_columns!(), " FROM helpdesk_messages m WHERE m.chat = ? AND m.album = ?");
        self.one(sqlx::query(BY_GROUP).bind(chat.as_uuid()).bind(group), row::message).await
    }

    pub(in crate::sqlite) async fn message_list(
        &self,
        filter: &MessageFilter,
        page: &PageRequest,
    ) -> Result<Page<Message>, StorageError> {
        let mut query =
            QueryBuilder::new(concat!("SELECT ", message_columns!(), " FROM helpdesk_messages m WHERE m.chat = "));
        query.push_bind(filter.chat.as_uuid());
        if !filter.with_notes {
            query.push(" AND m.visibility = 'everyone'");
        }
        let (beyond, order) = match filter.order {
            MessageOrder::Oldest => (" AND m.seq > ", " ORDER BY m.seq LIMIT "),
            MessageOrder::Newest => (" AND m.seq < ", " ORDER BY m.seq DESC LIMIT "),
        };
        if let Some(BySeq(seq)) = page::after(page)? {
            query.push(beyond).push_bind(seq);
        }
        query.push(order).push_bind(page::rows(page));
        let read = |row: &SqliteRow| row::message(row).map(|message| (BySeq(integer(message.seq)), message));
        Ok(page::cut(self.all(query.build(), read).await?, page))
    }

    pub(in crate::sqlite) async fn message_revisions(&self, id: MessageId) -> Result<Vec<Revision>, StorageError> {
        let query =
            sqlx::query("SELECT text, replaced_at FROM helpdesk_message_revisions WHERE message = ? ORDER BY place");
        self.all(query.bind(id.as_uuid()), row::revision).await
    }

    pub(in crate::sqlite) async fn attachment(
        &self,
        id: AttachmentId,
    ) -> Result<Option<(Attachment, Message)>, StorageError> {
        const WITH_ATTACHMENT: &str = concat!(
            "SELECT ",
            message_columns!(),
            " FROM helpdesk_messages m WHERE m.id = (SELECT message FROM helpdesk_attachments WHERE id = ?)"
        );
        let message = self.one(sqlx::query(WITH_ATTACHMENT).bind(id.as_uuid()), row::message).await?;
        Ok(message.and_then(|message| {
            let attachment = message.attachments.iter().find(|attachment| attachment.id == id)?.clone();
            Some((attachment, message))
        }))
    }
}

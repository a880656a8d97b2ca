//! Reads a file that a customer sent: [`getFile`](https://core.telegram.org/bots/api#getfile) tells where it is, for an hour,
//! and then its bytes are streamed.

use std::io;

use futures_util::{StreamExt, stream};
use helpdesk_core::{blob::ByteStream, channel::ChannelError};
use teloxide::{net::Download, prelude::Requester, types::FileId};

use super::{TelegramChannel, errors};

/// The bytes of the file with this `file_id`.
pub(super) async fn fetch(channel: &TelegramChannel, reference: &str) -> Result<ByteStream, ChannelError> {
    let connection = &channel.connection;
    let found = connection.calls.get_file(FileId(reference.to_owned())).await;
    let file = found.map_err(|error| match errors::classify(&channel.name, &error) {
        ChannelError::Unreachable { reason } => ChannelError::Permanent { reason },
        other => errors::repeatable(other),
    })?;
    let mut bytes = connection.downloads.download_file_stream(&file.path);
    // The answer's status comes with the first bytes, and belongs to this call rather than to the reader of the stream.
    let first = match bytes.next().await {
        None => None,
        Some(Ok(chunk)) => Some(Ok(chunk)),
        Some(Err(error)) => {
            let status = error.status();
            return Err(match status.map(|status| status.as_u16()) {
                Some(413) => ChannelError::TooLarge,
                Some(429) => ChannelError::RateLimited { retry_after: errors::PAUSE },
                Some(401 | 403) => ChannelError::permanent("Telegram does not give the file away"),
                // The path was made a moment ago, so it is not gone for good.
                Some(status) => ChannelError::temporary(format!("Telegram answers the download with {status}")),
                None => ChannelError::temporary("the download broke off"),
            });
        }
    };
    // Network errors name the address, and that holds the token.
    let rest = bytes.map(|chunk| chunk.map_err(|_| io::Error::other("the download broke off")));
    Ok(stream::iter(first).chain(rest).boxed())
}

//! `OpendalBlobs` in a folder keeps what `Blobs` promises.

use helpdesk_storage::OpendalBlobs;
use tempfile::{TempDir, tempdir};

async fn in_a_folder() -> (OpendalBlobs, TempDir) {
    let folder = tempdir().unwrap();
    (OpendalBlobs::folder(folder.path().join("files")).unwrap(), folder)
}

helpdesk_core::testing::blobs_suite!(in_a_folder);

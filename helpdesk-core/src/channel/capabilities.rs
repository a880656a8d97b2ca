//! What a channel can do; the core renders for it and never asks which channel it is.

/// The abilities and limits of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is an ability of its own")]
#[non_exhaustive]
pub struct Capabilities {
    /// It shows choices as buttons; without them the customer types one of the labels as their whole message.
    pub buttons: bool,
    /// Buttons can be taken away from a message that was sent.
    pub removes_buttons: bool,
    /// Customers can edit what they sent.
    pub edits: bool,
    /// Customers can send voices.
    pub voice: bool,
    /// The largest file that can be fetched from it, in bytes.
    pub fetch_max_bytes: u64,
    /// The largest file that can be sent to it, in bytes; 0 where it takes none.
    pub send_max_bytes: u64,
}

impl Default for Capabilities {
    /// Text alone.
    fn default() -> Self {
        Self {
            buttons: false,
            removes_buttons: false,
            edits: false,
            voice: false,
            fetch_max_bytes: crate::limits::FILE_MAX_BYTES,
            send_max_bytes: 0,
        }
    }
}

//! Hears a customer who asks for a person in so many words.

use super::Policy;

/// Whether `text` asks for a person and for nothing else: one of the policy's person words, with fillers around it.
///
/// “My mobile operator does not work” names an operator too, so a message with any other word in it is a question.
///
/// ```
/// use helpdesk_core::{Policy, session::person_wanted::is_person_wanted};
/// let policy = Policy::default();
/// assert!(is_person_wanted("Позовите оператора!", &policy));
/// assert!(is_person_wanted("I want to talk to a human, please", &policy));
/// assert!(!is_person_wanted("my operator charges me twice", &policy));
/// ```
pub fn is_person_wanted(text: &str, policy: &Policy) -> bool {
    let lower = text.to_lowercase().replace('ё', "е");
    let mut wanted = false;
    for word in lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        if policy.person_words.iter().any(|person| person == word) {
            wanted = true;
        } else if !policy.person_fillers.iter().any(|filler| filler == word) {
            return false;
        }
    }
    wanted
}

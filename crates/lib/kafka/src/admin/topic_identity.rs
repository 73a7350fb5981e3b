//! The id of the source topic, which distinguishes a topic that was created again from the former one.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The topic id in the cluster's metadata. A topic that is deleted and created again keeps its name and gets another
/// id. Its offsets begin at 0 again and have nothing to do with those of the former topic.
///
/// Shared by the consumers that replace each other, so that a change of the topic between two of them is noticed.
#[derive(Debug, Default)]
pub(crate) struct TopicIdentity(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// The topic to which positions and offsets of the source belong.
    id: Option<String>,
    /// The topic that has replaced it, until the source begins to read it.
    successor: Option<String>,
}

/// The metadata of committed offsets begins with this prefix; the id of their topic follows.
const METADATA_PREFIX: &str = "topic-id=";

impl TopicIdentity {
    /// Records the id in the cluster's metadata. Returns whether it has changed.
    pub(crate) fn seen(&self, id: &str) -> bool {
        let mut state = self.state();
        if state.id.is_none() {
            state.id = Some(id.to_owned());
        }
        state.successor = Some(id.to_owned()).filter(|_| state.id.as_deref() != Some(id));
        state.successor.is_some()
    }

    /// The ids of the current topic and of the topic that has replaced it. `None` if it was not replaced.
    pub(crate) fn replacement(&self) -> Option<(String, String)> {
        let state = self.state();
        state.id.clone().zip(state.successor.clone())
    }

    /// Switches to the topic that has replaced the former one. Does nothing if none has.
    pub(crate) fn replace(&self) {
        let mut state = self.state();
        if let Some(successor) = state.successor.take() {
            state.id = Some(successor);
        }
    }

    /// The metadata of an offset of this topic. Empty while the id is unknown.
    pub(crate) fn metadata(&self) -> String {
        self.state().id.as_ref().map(|id| format!("{METADATA_PREFIX}{id}")).unwrap_or_default()
    }

    /// Whether an offset with this metadata belongs to another topic of the same name. `None`: the id of this topic is
    /// not known yet. Offsets without an id, from tools and earlier releases, are accepted.
    pub(crate) fn is_foreign(&self, metadata: &str) -> Option<bool> {
        match metadata.strip_prefix(METADATA_PREFIX) {
            Some(committed) => self.state().id.as_ref().map(|id| committed != id),
            None => Some(false),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_id_means_that_the_topic_was_replaced() {
        let identity = TopicIdentity::default();
        assert!(!identity.seen("a") && !identity.seen("a"));
        assert_eq!(identity.replacement(), None);
        assert!(identity.seen("b") && identity.seen("c"));
        assert_eq!(
            identity.metadata(),
            "topic-id=a",
            "offsets are those of the former topic until the source switches to the new one"
        );
        assert_eq!(identity.replacement(), Some(("a".to_owned(), "c".to_owned())));
        identity.replace();
        assert_eq!((identity.replacement(), identity.metadata().as_str()), (None, "topic-id=c"));
    }

    #[test]
    fn offsets_of_a_former_topic_are_recognized_by_their_metadata() {
        let identity = TopicIdentity::default();
        assert_eq!(identity.metadata(), "");
        assert_eq!(identity.is_foreign("topic-id=a"), None, "the id is not known yet");
        identity.seen("a");
        assert_eq!(identity.metadata(), "topic-id=a");
        assert_eq!(identity.is_foreign("topic-id=a"), Some(false));
        assert_eq!(identity.is_foreign("topic-id=b"), Some(true));
        assert_eq!(identity.is_foreign(""), Some(false), "committed by a tool, or by an earlier release");
    }
}

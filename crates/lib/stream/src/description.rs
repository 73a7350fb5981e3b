//! Constants of a service: its name, and the defaults of its settings.

/// The constants of a service. Because they are the defaults of its settings, a new installation needs addresses and
/// secrets only.
#[derive(Debug, Clone, Copy)]
pub struct Description {
    /// The name of the program, the default consumer group, and the label `service` of every metric: `stg-service`.
    pub name: &'static str,
    /// One sentence for `--help`.
    pub about: &'static str,
    /// The default of `KAFKA_SOURCE_TOPIC`.
    pub source_topic: &'static str,
    /// The default of `KAFKA_DESTINATION_TOPIC`; `None` for a service that publishes nothing but dead letters.
    pub destination_topic: Option<&'static str>,
    /// The default of `KAFKA_DEAD_LETTER_TOPIC`.
    pub dead_letter_topic: &'static str,
}

impl Description {
    /// Completes the definitions of the settings with the defaults of this service.
    #[must_use]
    pub fn complete(&self, command: clap::Command) -> clap::Command {
        let command = command
            .mut_arg("kafka_group_id", |group| group.default_value(self.name).required(false))
            .mut_arg("kafka_source_topic", |topic| topic.default_value(self.source_topic).required(false))
            .mut_arg("kafka_dead_letter_topic", |topic| topic.default_value(self.dead_letter_topic).required(false));
        match self.destination_topic {
            Some(name) => command.mut_arg("kafka_destination_topic", |topic| topic.default_value(name)),
            None => command.mut_arg("kafka_destination_topic", |topic| topic.hide(true)),
        }
    }
}

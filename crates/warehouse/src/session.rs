//! One connection of the pool, and how statements travel on it: by name where names are safe.

use std::ops::Deref;

use deadpool::managed::{self, Metrics, RecycleError, RecycleResult};
use deadpool_postgres::ClientWrapper;

use crate::{
    Settings,
    connect::{Connected, Greeting, connect},
    denied::Denied,
};

/// A connection; it closes when it is dropped.
#[derive(Debug)]
pub(crate) struct Session {
    client: ClientWrapper,
    greeting: Greeting,
}

/// A session that goes back to the pool when it is dropped.
pub(crate) type Pooled = managed::Object<Sessions>;

/// Opens sessions for the pool.
#[derive(Debug)]
pub(crate) struct Sessions(Settings);

impl Session {
    pub(crate) fn greeting(&self) -> &Greeting {
        &self.greeting
    }
}

impl Deref for Session {
    type Target = ClientWrapper;

    fn deref(&self) -> &ClientWrapper {
        &self.client
    }
}

impl Sessions {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self(settings.clone())
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0
    }
}

impl managed::Manager for Sessions {
    type Type = Session;
    type Error = Denied;

    async fn create(&self) -> Result<Session, Denied> {
        let Connected { client, driver, greeting } = connect(&self.0).await?;
        Ok(Session { client: ClientWrapper::new(client, driver), greeting })
    }

    /// A connection that was lost while idle is known to be so; asking each one would cost a round trip a batch.
    async fn recycle(&self, session: &mut Session, _: &Metrics) -> RecycleResult<Denied> {
        if session.is_closed() { Err(RecycleError::message("closed")) } else { Ok(()) }
    }
}

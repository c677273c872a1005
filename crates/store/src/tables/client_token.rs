//! Client tokens, by what they are unique within.

use berth_model::{ClientToken, Name, Region, Timestamp};

use crate::{Key, KeyReader, KeyWriter, Record};

/// Names a client token.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientTokenKey {
    /// Its region.
    pub region: Region,
    /// The operation it was used with.
    pub operation: Name,
    /// The cluster it was used in.
    pub cluster: Name,
    /// The token.
    pub token: Box<str>,
}

/// What client tokens are looked up by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClientTokenIndex {
    /// The tokens that expire in this minute since 1970.
    ExpiresIn(i64),
}

impl ClientTokenIndex {
    /// The index value of tokens that expire in the minute of that moment.
    #[must_use]
    pub fn expires_at(at: Timestamp) -> Self {
        Self::ExpiresIn(at.as_millis().div_euclid(60_000))
    }
}

impl Key for ClientTokenKey {
    fn write(&self, to: &mut KeyWriter) {
        to.region(self.region);
        to.text(&self.operation);
        to.text(&self.cluster);
        to.text(&self.token);
    }

    fn read(from: &mut KeyReader<'_>) -> Option<Self> {
        Some(Self { region: from.region()?, operation: from.name()?, cluster: from.name()?, token: from.text()?.into() })
    }
}

impl Record for ClientToken {
    type Key = ClientTokenKey;
    type Index = ClientTokenIndex;

    fn key(&self) -> ClientTokenKey {
        ClientTokenKey {
            region: self.region,
            operation: self.operation.clone(),
            cluster: self.cluster.clone(),
            token: self.token.clone(),
        }
    }

    fn indexes(&self, emit: &mut dyn FnMut(ClientTokenIndex)) {
        emit(ClientTokenIndex::expires_at(self.expires_at));
    }
}

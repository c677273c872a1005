//! Encodings of foreign containers, for `#[cbor(with = ..)]`.

/// `Arc<T>` as its content.
pub(crate) mod arc {
    use std::sync::Arc;

    use minicbor::decode::Error as DecodeError;
    use minicbor::encode::{Error as EncodeError, Write};
    use minicbor::{Decode, Decoder, Encode, Encoder};

    pub(crate) fn encode<C, T: Encode<C>, W: Write>(
        value: &Arc<T>,
        e: &mut Encoder<W>,
        ctx: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        T::encode(value, e, ctx)
    }

    pub(crate) fn decode<'b, C, T: Decode<'b, C>>(d: &mut Decoder<'b>, ctx: &mut C) -> Result<Arc<T>, DecodeError> {
        T::decode(d, ctx).map(Arc::new)
    }
}

/// `ThinVec<T>` as an array.
pub(crate) mod thin {
    use minicbor::decode::Error as DecodeError;
    use minicbor::encode::{Error as EncodeError, Write};
    use minicbor::{Decode, Decoder, Encode, Encoder};
    use thin_vec::ThinVec;

    pub(crate) fn encode<C, T: Encode<C>, W: Write>(
        values: &ThinVec<T>,
        e: &mut Encoder<W>,
        ctx: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        values.as_slice().encode(e, ctx)
    }

    pub(crate) fn decode<'b, C, T: Decode<'b, C>>(d: &mut Decoder<'b>, ctx: &mut C) -> Result<ThinVec<T>, DecodeError> {
        let values: Vec<T> = Decode::decode(d, ctx)?;
        Ok(values.into_iter().collect())
    }
}

/// A block of addresses as text, such as `10.0.0.0/16`.
pub(crate) mod net {
    use ipnet::Ipv4Net;
    use minicbor::decode::Error as DecodeError;
    use minicbor::encode::{Error as EncodeError, Write};
    use minicbor::{Decoder, Encoder};

    pub(crate) fn encode<C, W: Write>(value: &Ipv4Net, e: &mut Encoder<W>, _: &mut C) -> Result<(), EncodeError<W::Error>> {
        e.str(&value.to_string())?.ok()
    }

    pub(crate) fn decode<C>(d: &mut Decoder<'_>, _: &mut C) -> Result<Ipv4Net, DecodeError> {
        d.str()?.parse().map_err(|_| DecodeError::message("not a block of addresses"))
    }
}

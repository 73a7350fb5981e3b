//! Objects in a bucket of an S3-compatible store: put, copy, list, delete.
//!
//! An object appears whole or not at all. An object up to [`PART_BYTES`] is sent in one request, a longer one by a multipart
//! upload in parts of this size, so the memory does not depend on its length. An upload that fails is aborted, and the object
//! that was there stays. Requests are signed in their address (Signature Version 4) by `rusty-s3`.
//!
//! The modules from the bottom up: `error`; `store`; `upload`.

pub use self::{
    error::{Error, UploadError},
    store::{Bucket, Settings, Store},
    upload::PART_BYTES,
};

mod error;
mod store;
mod upload;

//! Google Drive: a file uploaded with a service account, and readable by everybody who has its link.
//!
//! A file is known by its name: if the account has one, its content is replaced and its link stays. A file appears whole
//! or not at all. Content up to [`CHUNK_BYTES`] is sent with its name in one request, longer content in chunks of this
//! size, so the memory does not depend on its length.
//!
//! The modules from the bottom up: `error`; `service_account`, `multipart` (without I/O); `requests`;
//! `token`, `files`; `drive`.

pub use self::{
    drive::{Drive, Upload, link},
    error::{Error, UploadError},
    files::CHUNK_BYTES,
    service_account::ServiceAccount,
};

mod error;
mod service_account;
mod multipart;
mod requests;
mod token;
mod files;
mod drive;

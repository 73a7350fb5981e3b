//! Targets of subscriptions without a sync: topics on real Kafka, files in folders, objects in an S3-compatible store.

mod fixture;
mod s3_server;
mod kafka;
mod folder;
mod bucket;
mod service;
mod documented;

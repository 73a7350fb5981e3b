//! Certificates of a stack: a certificate authority, and the certificates that it issues.

use anyhow::Context;
use openssl::asn1::Asn1Time;
use openssl::bn::{BigNum, MsbOption};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::extension::{BasicConstraints, KeyUsage, SubjectAlternativeName};
use openssl::x509::{X509, X509Builder, X509Name, X509NameBuilder, X509NameRef};

/// A certificate authority for servers.
pub(crate) struct Authority {
    key: PKey<Private>,
    certificate: X509,
}

/// The validity of a certificate.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Validity {
    /// Valid for a day.
    Current,
    /// Expired.
    Expired,
}

impl Authority {
    pub(crate) fn new(name: &str) -> anyhow::Result<Self> {
        let key = key()?;
        let subject = named(name)?;
        let mut builder = begin(&subject, &subject, &key, Validity::Current)?;
        builder.append_extension(BasicConstraints::new().critical().ca().build()?)?;
        builder.append_extension(KeyUsage::new().critical().key_cert_sign().build()?)?;
        builder.sign(&key, MessageDigest::sha256())?;
        Ok(Self { certificate: builder.build(), key })
    }

    /// The certificate of the authority.
    pub(crate) fn pem(&self) -> anyhow::Result<String> {
        Ok(String::from_utf8(self.certificate.to_pem()?)?)
    }

    /// A certificate for a server of the name `host`, whose key is `key`.
    pub(crate) fn issue(&self, host: &str, key: &PKey<Private>, validity: Validity) -> anyhow::Result<String> {
        let mut builder = begin(self.certificate.subject_name(), &named(host)?, key, validity)?;
        let names =
            SubjectAlternativeName::new().dns(host).build(&builder.x509v3_context(Some(&self.certificate), None))?;
        builder.append_extension(names)?;
        builder.sign(&self.key, MessageDigest::sha256())?;
        Ok(String::from_utf8(builder.build().to_pem()?)?)
    }
}

/// A new private key.
pub(crate) fn key() -> anyhow::Result<PKey<Private>> {
    PKey::from_rsa(Rsa::generate(2048)?).context("no key")
}

fn named(name: &str) -> anyhow::Result<X509Name> {
    let mut builder = X509NameBuilder::new()?;
    builder.append_entry_by_nid(Nid::COMMONNAME, name)?;
    Ok(builder.build())
}

fn begin(
    issuer: &X509NameRef,
    subject: &X509Name,
    key: &PKey<Private>,
    validity: Validity,
) -> anyhow::Result<X509Builder> {
    let (from, until) = match validity {
        Validity::Current => (Asn1Time::days_from_now(0)?, Asn1Time::days_from_now(1)?),
        Validity::Expired => (Asn1Time::from_str("20250101000000Z")?, Asn1Time::from_str("20250102000000Z")?),
    };
    let mut serial = BigNum::new()?;
    serial.rand(128, MsbOption::MAYBE_ZERO, false)?;
    let serial = serial.to_asn1_integer()?;
    let mut builder = X509Builder::new()?;
    builder.set_version(2)?; // which is version 3
    builder.set_serial_number(&serial)?;
    builder.set_issuer_name(issuer)?;
    builder.set_subject_name(subject)?;
    builder.set_not_before(&from)?;
    builder.set_not_after(&until)?;
    builder.set_pubkey(key)?;
    Ok(builder)
}

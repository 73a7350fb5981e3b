//! Build script: compiles librdkafka's reader of record batches with the memory limits of `native/fetch_limits.h`.
//!
//! librdkafka has no hook in front of its decompression. The file `rdkafka_msgset_reader.c` of the pinned release is therefore compiled
//! a second time with the calls below, and linked before the archive of librdkafka, which then does not contribute its own. A release
//! in which the file reads differently fails here.

use std::{env, error::Error, fs, path::PathBuf};

/// Text of the file, how often it occurs, and its replacement.
const PATCHES: [(&str, usize, &str); 5] = [
    ("} rd_kafka_msgset_reader_t;\n", 1, "} rd_kafka_msgset_reader_t;\n#include \"fetch_limits.h\"\n"),
    ("iov.iov_base = rd_gz_decompress(compressed,", 1, "iov.iov_base = fetch_gzip_decompress(compressed,"),
    ("err = rd_kafka_zstd_decompress(", 1, "err = fetch_zstd_decompress("),
    (
        "        msetr->msetr_v2_hdr = &hdr;\n",
        1,
        "        msetr->msetr_v2_hdr = &hdr;
        switch (fetch_admit(msetr, &hdr, payload_size)) {
        case FETCH_SKIP:
                rd_kafka_buf_skip(rkbuf, payload_size);
                goto done;
        case FETCH_LATER:
                /* As if the answer ended here. The counter keeps the fetch size as it is. */
                msetr->msetr_ctrl_cnt++;
                err = RD_KAFKA_RESP_ERR__UNDERFLOW;
                goto err;
        case FETCH_READ:
                break;
        }
",
    ),
    (
        "        rd_kafka_q_enq(&msetr->msetr_rkq, rko);
        msetr->msetr_msgcnt++;
        msetr->msetr_msg_bytes += rkm->rkm_key_len + rkm->rkm_len;
",
        2,
        "        msetr->msetr_msgcnt++;
        msetr->msetr_msg_bytes += rkm->rkm_key_len + rkm->rkm_len;
        fetch_enqueue(msetr, rko, rkm);
",
    ),
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=native/fetch_limits.h");
    let librdkafka = PathBuf::from(env::var("DEP_RDKAFKA_ROOT")?);
    let mut source = fs::read_to_string(librdkafka.join("src/rdkafka_msgset_reader.c"))?;
    for (text, times, replacement) in PATCHES {
        if source.matches(text).count() != times {
            return Err(
                format!("this release of librdkafka reads differently from the one that is patched: {text}").into()
            );
        }
        source = source.replace(text, replacement);
    }
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let patched = out.join("rdkafka_msgset_reader.c");
    fs::write(&patched, source)?;
    let mut compiler = cc::Build::new();
    compiler.file(&patched).include("native").include(librdkafka.join("src")).include(&librdkafka).warnings(false);
    if let Ok(zlib) = env::var("DEP_Z_INCLUDE") {
        compiler.includes(zlib.split(','));
    }
    compiler.cargo_metadata(false).opt_level(2).compile("fetch_limits");
    println!("cargo:rustc-link-search=native={}", out.display());
    // Whole: nothing refers to it before librdkafka does.
    println!("cargo:rustc-link-lib=static:-bundle,+whole-archive=fetch_limits");
    Ok(())
}

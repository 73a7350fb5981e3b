/* Memory limits of received batches and records, for a client that sets `receive.message.max.bytes`: a batch may take two thirds of it.
 *
 * librdkafka bounds a fetch by its compressed size. It decompresses a batch of any size, and it counts neither headers nor its own
 * structures against `queued.max.messages.kbytes`. A batch of 90 KB that contains 90 MB would take that memory before the client sees a
 * record. librdkafka itself refuses such a batch only if it is compressed with zstd. These functions do it for every codec, before
 * anything is decompressed, and charge the real cost of a record.
 *
 * `build.rs` inserts this file into `rdkafka_msgset_reader.c` of the pinned release and calls the functions there. A refused batch or
 * record is skipped, and an error in its place names the partition, the offsets and the size (`too_large` in `librdkafka_text.rs`).
 */
#include <limits.h>
#if WITH_ZLIB
#include <zlib.h>
#endif

/* The default of `receive.message.max.bytes`. A client that keeps it has no limits. */
#define FETCH_DEFAULT 100000000
/* The limit of a client without limits. */
#define FETCH_UNLIMITED UINT64_MAX
/* A header in memory: the structure and the two allocations of librdkafka, and the copy of the client. */
#define FETCH_HEADER_COST 240
/* A record that is received. */
#define FETCH_RECORD_COST (sizeof(rd_kafka_op_t) + 16)
/* One record may take this part of the limit, because it is copied several times until it is stored. */
#define FETCH_RECORD_SHARE 8

#define FETCH_TEXT "Too large: partition %" PRId32 ", offsets %" PRId64 " to %" PRId64 ", %" PRIu64 " bytes in memory, limit %" PRIu64

/* The size of the gzip stream that was measured last, so that it is not measured twice. 0: unknown. */
static __thread uint64_t fetch_gzip_size;

static uint64_t fetch_limit(const rd_kafka_msgset_reader_t *msetr) {
        uint64_t received = (uint64_t)msetr->msetr_rkb->rkb_rk->rk_conf.recv_max_msg_size;
        return received == FETCH_DEFAULT ? FETCH_UNLIMITED : received / 3 * 2;
}

static uint32_t fetch_u32le(const unsigned char *p) {
        return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

#if WITH_ZLIB
/* The size of a gzip stream, or more than the limit. It is decompressed into a small buffer, which is thrown away. */
static uint64_t fetch_gzip(const unsigned char *in, size_t len, uint64_t limit) {
        unsigned char out[16384];
        z_stream stream = {0};
        int state;
        fetch_gzip_size = 0;
        if (inflateInit2(&stream, 15 + 32) != Z_OK)
                return 0;
        stream.next_in  = (void *)in;
        stream.avail_in = (uInt)len;
        do {
                stream.next_out  = out;
                stream.avail_out = sizeof(out);
                state            = inflate(&stream, Z_NO_FLUSH);
        } while (state == Z_OK && stream.total_out <= limit);
        if (state == Z_STREAM_END)
                fetch_gzip_size = stream.total_out;
        state = (int)(stream.total_out > limit);
        inflateEnd(&stream);
        return state ? limit + 1 : fetch_gzip_size;
}

/* Replaces `rd_gz_decompress`, which measures the stream again. */
static void *fetch_gzip_decompress(const void *in, int len, uint64_t *size) {
        z_stream stream   = {0};
        uint64_t measured = fetch_gzip_size;
        void *out;
        int state;
        /* The next stream may be one that was not measured: of a message set of the old formats. */
        fetch_gzip_size = 0;
        if (measured == 0)
                return rd_gz_decompress(in, len, size);
        if (inflateInit2(&stream, 15 + 32) != Z_OK)
                return NULL;
        stream.next_in   = (void *)in;
        stream.avail_in  = (uInt)len;
        stream.next_out  = out = rd_malloc((size_t)measured);
        stream.avail_out = (uInt)measured;
        state            = inflate(&stream, Z_FINISH);
        *size            = stream.total_out;
        inflateEnd(&stream);
        if (state == Z_STREAM_END)
                return out;
        rd_free(out);
        return NULL;
}
#endif

/* The maximum size of an LZ4 frame: every block has the largest size that the frame allows. */
static uint64_t fetch_lz4(const unsigned char *in, size_t len) {
        static const size_t header = 4 + 1 + 1 + 1, blocks[] = {0, 0, 0, 0, 64 << 10, 256 << 10, 1 << 20, 4 << 20};
        uint64_t size = 0;
        size_t at, block;
        if (len < header)
                return 0;
        block = blocks[in[5] >> 4 & 7];
        at    = header + (in[4] & 0x08 ? 8 : 0) + (in[4] & 0x01 ? 4 : 0);
        while (at + 4 <= len) {
                uint32_t bytes = fetch_u32le(in + at) & 0x7fffffff;
                if (bytes == 0)
                        break;
                size += block;
                at += 4 + (size_t)bytes + (in[4] & 0x10 ? 4 : 0);
        }
        return size;
}

#if WITH_SNAPPY
/* The size of a snappy stream, which its beginning states, or of the chunks in the framing of Java clients. */
static uint64_t fetch_snappy(const char *in, size_t len) {
        static const char magic[] = {(char)0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0};
        uint64_t size             = 0;
        size_t at = 16, chunk, bytes;
        if (len <= 20 || memcmp(in, magic, 8))
                return rd_kafka_snappy_uncompressed_length(in, len, &bytes) ? bytes : 0;
        while (at + 4 < len) {
                const unsigned char *p = (const unsigned char *)in + at;
                chunk = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
                at += 4;
                if (chunk > len - at || !rd_kafka_snappy_uncompressed_length(in + at, chunk, &bytes))
                        break;
                size += bytes;
                at += chunk;
        }
        return size;
}
#endif

#if WITH_ZSTD
/* Of zstd.h, in its part for static linking. */
extern unsigned long long ZSTD_decompressBound(const void *src, size_t srcSize);
extern size_t ZSTD_decompress(void *dst, size_t dstCapacity, const void *src, size_t srcSize);
extern unsigned ZSTD_isError(size_t code);

static uint64_t fetch_zstd(const void *in, size_t len) {
        unsigned long long size = ZSTD_decompressBound(in, len);
        return size == 0ULL - 2 ? 0 : size;
}

/* Replaces `rd_kafka_zstd_decompress`, which guesses the size if the frame does not state it, and gives up at the limit although the
 * batch would fit. */
static rd_kafka_resp_err_t
fetch_zstd_decompress(rd_kafka_broker_t *rkb, char *in, size_t len, void **out, size_t *outlen) {
        uint64_t bound = fetch_zstd(in, len);
        size_t size;
        if (rkb->rkb_rk->rk_conf.recv_max_msg_size == FETCH_DEFAULT || bound == 0)
                return rd_kafka_zstd_decompress(rkb, in, len, out, outlen);
        *out = rd_malloc((size_t)bound);
        size = ZSTD_decompress(*out, (size_t)bound, in, len);
        if (ZSTD_isError(size)) {
                rd_free(*out);
                *out = NULL;
                return RD_KAFKA_RESP_ERR__BAD_COMPRESSION;
        }
        *outlen = size;
        return RD_KAFKA_RESP_ERR_NO_ERROR;
}
#endif

/* The size of the records of a batch. 0 if it cannot be told: then librdkafka reports what is wrong with the batch. */
static uint64_t fetch_size(int codec, const void *in, size_t len, uint64_t limit) {
        switch (codec) {
#if WITH_ZLIB
        case RD_KAFKA_COMPRESSION_GZIP:
                return fetch_gzip(in, len, limit);
#endif
#if WITH_SNAPPY
        case RD_KAFKA_COMPRESSION_SNAPPY:
                return fetch_snappy(in, len);
#endif
        case RD_KAFKA_COMPRESSION_LZ4:
                return fetch_lz4(in, len);
#if WITH_ZSTD
        case RD_KAFKA_COMPRESSION_ZSTD:
                return fetch_zstd(in, len);
#endif
        default:
                return len;
        }
}

static void fetch_refuse(rd_kafka_msgset_reader_t *msetr, int64_t first, int64_t last, uint64_t bytes, uint64_t limit) {
        rd_kafka_toppar_t *rktp = msetr->msetr_rktp;
        rd_kafka_consumer_err(&msetr->msetr_rkq, msetr->msetr_broker_id, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
                              msetr->msetr_tver->version, NULL, rktp, first, FETCH_TEXT, rktp->rktp_partition, first, last, bytes,
                              limit);
}

typedef enum { FETCH_READ, FETCH_SKIP, FETCH_LATER } fetch_admission_t;

/* Whether a batch is read. FETCH_LATER: the records before it fill the queue, so it is fetched again when they are processed. */
static fetch_admission_t fetch_admit(rd_kafka_msgset_reader_t *msetr, const struct msgset_v2_hdr *hdr, size_t len) {
        rd_slice_t records = msetr->msetr_rkbuf->rkbuf_reader;
        int codec          = hdr->Attributes & RD_KAFKA_MSG_ATTR_COMPRESSION_MASK;
        uint64_t limit     = fetch_limit(msetr);
        int64_t first, waiting = (int64_t)rd_kafka_q_size(&msetr->msetr_rkq);
        uint64_t bytes;
        const void *in;

        fetch_gzip_size = 0;
        if (limit == FETCH_UNLIMITED || hdr->Attributes & RD_KAFKA_MSGSET_V2_ATTR_CONTROL)
                return FETCH_READ;
        waiting += (int64_t)rd_kafka_q_size(msetr->msetr_par_rkq);
        if (waiting > msetr->msetr_rkb->rkb_rk->rk_conf.queued_max_msg_bytes)
                return FETCH_LATER;
        in    = codec ? rd_slice_ensure_contig(&records, len) : NULL;
        bytes = codec && in ? fetch_size(codec, in, len, limit) : len;
        if (bytes == 0)
                return FETCH_READ;
        bytes += (uint64_t)hdr->RecordCount * FETCH_RECORD_COST;
        if (bytes <= limit)
                return FETCH_READ;
        first = RD_MAX(hdr->BaseOffset, msetr->msetr_rktp->rktp_offsets.fetch_pos.offset);
        fetch_refuse(msetr, first, hdr->BaseOffset + hdr->LastOffsetDelta, bytes, limit);
        return FETCH_SKIP;
}

/* The number of headers, which is the first number of their text: a zigzag varint. */
static uint64_t fetch_count_headers(const rd_kafkap_bytes_t *headers) {
        const unsigned char *in = headers->data;
        uint64_t count          = 0;
        int32_t at;
        for (at = 0; in && at < headers->len && at < 5; at++) {
                count |= (uint64_t)(in[at] & 0x7f) << (7 * at);
                if (!(in[at] & 0x80))
                        return count >> 1;
        }
        return 0;
}

/* Puts a record into the queue, with its real cost, or an error in its place. */
static void fetch_enqueue(rd_kafka_msgset_reader_t *msetr, rd_kafka_op_t *rko, const rd_kafka_msg_t *rkm) {
        const rd_kafkap_bytes_t *headers = &rkm->rkm_u.consumer.binhdrs;
        uint64_t limit                   = fetch_limit(msetr);
        uint64_t bytes = rkm->rkm_key_len + rkm->rkm_len + (uint64_t)RD_MAX(headers->len, 0);
        uint64_t parsed = bytes + fetch_count_headers(headers) * FETCH_HEADER_COST;
        if (limit != FETCH_UNLIMITED) {
                if (parsed > limit / FETCH_RECORD_SHARE) {
                        fetch_refuse(msetr, rkm->rkm_offset, rkm->rkm_offset, parsed, limit / FETCH_RECORD_SHARE);
                        rd_kafka_op_destroy(rko);
                        return;
                }
                rko->rko_len = (int32_t)RD_MIN(bytes + FETCH_RECORD_COST, (uint64_t)INT_MAX);
        }
        rd_kafka_q_enq(&msetr->msetr_rkq, rko);
}

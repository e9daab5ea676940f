/* What this library asks TWS: bytes of requests. Pure. */
#include "broker/tws_request.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "broker/tws_frame.h"
#include "broker/tws_message.h"

enum { PAYLOAD_BYTES_MAX = 96 };

static void put_length(struct buffer *out, size_t length) {
    const char bytes[TW_TWS_LENGTH_BYTES] = {(char)(length >> 24), (char)(length >> 16),
                                             (char)(length >> 8), (char)length};
    tw_buffer_put(out, bytes, sizeof bytes);
}

/* Fields as a blank stands between them; each ends with NUL on the wire. */
static void put_fields(struct buffer *out, const char *fields) {
    char payload[PAYLOAD_BYTES_MAX];
    size_t length = strlen(fields) + 1;
    assert(length <= sizeof payload);
    memcpy(payload, fields, length);
    for (size_t i = 0; i < length; i++)
        if (payload[i] == ' ')
            payload[i] = '\0';
    put_length(out, length);
    tw_buffer_put(out, payload, length);
}

void tw_tws_put_hello(struct buffer *out) {
    char offer[32];
    int length = snprintf(offer, sizeof offer, "v%d..%d", TW_TWS_VERSION_MIN, TW_TWS_VERSION_MAX);
    tw_buffer_put(out, "API", 4);
    put_length(out, (size_t)length);
    tw_buffer_put(out, offer, (size_t)length); /* the only payload that no NUL ends */
}

void tw_tws_put_start(struct buffer *out, int32_t client_id) {
    char fields[PAYLOAD_BYTES_MAX];
    assert(client_id > 0);
    /* The last field, optional capabilities, is empty. */
    snprintf(fields, sizeof fields, "71 2 %d ", client_id);
    put_fields(out, fields);
}

void tw_tws_put_request(struct buffer *out, enum tws_request request) {
    static const char *const fields[] = {
        [TWS_ASK_CURRENT_TIME] = "49 1", [TWS_ASK_POSITIONS] = "61 1",
        [TWS_CANCEL_POSITIONS] = "64 1", [TWS_ASK_OWN_ORDERS] = "5 1",
        [TWS_ASK_ALL_ORDERS] = "16 1",
    };
    put_fields(out, fields[request]);
}

void tw_tws_put_executions(struct buffer *out, int32_t request_id, int32_t client_id) {
    char fields[PAYLOAD_BYTES_MAX];
    /* account, time, symbol, type, exchange and side are empty */
    snprintf(fields, sizeof fields, "7 3 %d %d      ", request_id, client_id);
    put_fields(out, fields);
}

/* Messages of TWS for tests. */
#include "tws.h"

#include <stdlib.h>
#include <string.h>

/* A protective sell stop of 100 TSLA at 245.5, held until its trigger. */
static const char plain_order[] =
    "5|211|76792991|TSLA|STK||0|?||SMART|USD|TSLA|NMS|SELL|100|STP|0.0|245.50|GTC|1571710075|"
    "DU1|C|0|stop-7|2001|1376327563|1|0|0||1376327563.0/DU1/100|||||||||0||-1|0||||||21474836"
    "47|0|0|0||3|0|0||210|0||0|None||0||||?|0|0||0|0||||||0|0|0|2147483647|2147483647|||0||IB"
    "|0|0||0|0|PreSubmitted|1.7976931348623157E308|1.7976931348623157E308|1.7976931348623157E"
    "308|1.7976931348623157E308|1.7976931348623157E308|1.7976931348623157E308|1.7976931348623"
    "157E308|1.7976931348623157E308|1.7976931348623157E308||||||0|0|0|None|1.7976931348623157"
    "E308|245.5|1.7976931348623157E308|1.7976931348623157E308|1.7976931348623157E308|1.797693"
    "1348623157E308|0||||0|1|0|0|0|||0||||||";

void tws_payload(struct buffer *out, const char *fields) {
    size_t length = strlen(fields);
    tw_buffer_clear(out);
    tw_buffer_put(out, fields, length);
    for (size_t i = 0; i < length; i++)
        if (out->data[i] == '|')
            out->data[i] = '\0';
}

void tws_frame(struct buffer *out, const char *payload, size_t size) {
    const char length[] = {(char)(size >> 24), (char)(size >> 16), (char)(size >> 8), (char)size};
    tw_buffer_put(out, length, sizeof length);
    tw_buffer_put(out, payload, size);
}

static size_t place_of(const struct buffer *payload, int index) {
    size_t at = 0;
    for (; index > 0 && at < payload->size; index--)
        at += strlen(payload->data + at) + 1;
    return at;
}

void tws_replace(struct buffer *payload, int index, const char *fields) {
    struct buffer out = {0}, middle = {0};
    size_t from = place_of(payload, index), to = place_of(payload, index + 1);
    tws_payload(&middle, fields ? fields : "");
    tw_buffer_put(&out, payload->data, from);
    tw_buffer_put(&out, middle.data, middle.size);
    tw_buffer_put(&out, payload->data + to, payload->size - to);
    tw_buffer_free(&middle);
    tw_buffer_free(payload);
    *payload = out;
}

void tws_plain_order(struct buffer *out, int64_t version) {
    tws_payload(out, plain_order);
    if (version < 177)
        tws_replace(out, 33, "||");
}

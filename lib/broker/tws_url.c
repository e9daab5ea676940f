/* Where TWS is and how it is asked, as a URL. Pure. */
#include "broker/tws_url.h"

#include <string.h>

#include "base/decimal.h"
#include "base/error.h"
#include "base/text.h"

enum { SHOWN_BYTES = 80, NUMBER_BYTES = 24, NS_PER_E8 = 10 };

#define TIMEOUT_NS     INT64_C(10000000000)
#define SETTLE_NS      INT64_C(1000000000)
#define LONGEST_E8     (INT64_C(600) * 100000000)
#define DEFAULT_ZONE   "America/New_York"
#define CLIENT_ID_MAX  INT64_C(2147483646)
#define EXPECTED_SHAPE "expected tws://HOST:PORT?client=N"

static int wrong(tw_error *why, const char *what, const char *text, size_t length,
                 const char *expected) {
    char shown[SHOWN_BYTES];
    return tw_fail(why, TW_E_INVALID, "%s of the broker's URL is \"%s\", expected %s", what,
                   tw_text_show(text, length, shown, sizeof shown), expected);
}

/* A whole number without a sign; -1 when it is none or too large. */
static int64_t number_of(const char *text, size_t length) {
    int64_t value = 0;
    if (length == 0 || length > 10)
        return -1;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

/* ---- what follows the question mark -------------------------------------------------------- */

static int take_clients(struct tws_url *url, const char *text, size_t length, tw_error *why) {
    const char *at = text, *end = text + length;
    url->client_count = 0;
    while (at <= end) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        size_t size = (size_t)((comma ? comma : end) - at);
        int64_t id = number_of(at, size);
        if (id == 0)
            return tw_fail(why, TW_E_INVALID,
                           "client=0 in the broker's URL: TWS would bind manual orders to it; "
                           "expected an id of its own, such as 2010");
        if (id < 0 || id > CLIENT_ID_MAX || url->client_count == TW_TWS_CLIENTS_MAX)
            return wrong(why, "client", text, length, "up to eight ids, such as 2010,2011");
        url->clients[url->client_count++] = (int32_t)id;
        at += size + 1;
    }
    return 0;
}

static int take_trader(struct tws_url *url, const char *text, size_t length, tw_error *why) {
    int64_t id = number_of(text, length);
    if (id < 0 || id > CLIENT_ID_MAX)
        return wrong(why, "trader", text, length, "the client id of the trading process");
    url->trader = (int32_t)id;
    return 0;
}

static int take_name(char out[TW_TWS_NAME_BYTES], const char *what, const char *text, size_t length,
                     tw_error *why) {
    if (length == 0 || length >= TW_TWS_NAME_BYTES || !tw_text_is_clean(text, length))
        return wrong(why, what, text, length, "a name of up to 64 bytes");
    memcpy(out, text, length);
    out[length] = '\0';
    return 0;
}

static int take_seconds(int64_t *ret_ns, const char *what, const char *text, size_t length,
                        tw_error *why) {
    int64_t value_e8;
    if (length == 0 || length >= NUMBER_BYTES || tw_decimal_parse(text, length, &value_e8) != 0 ||
        value_e8 < 0 || value_e8 > LONGEST_E8)
        return wrong(why, what, text, length, "seconds, 0 to 600");
    *ret_ns = value_e8 * NS_PER_E8;
    return 0;
}

static int is_named(const char *name, const char *text, size_t length) {
    return strlen(name) == length && memcmp(name, text, length) == 0;
}

static int take_setting(struct tws_url *url, const char *name, size_t name_length,
                        const char *value, size_t length, tw_error *why) {
    if (is_named("client", name, name_length))
        return take_clients(url, value, length, why);
    if (is_named("trader", name, name_length))
        return take_trader(url, value, length, why);
    if (is_named("account", name, name_length))
        return take_name(url->account, "account", value, length, why);
    if (is_named("zone", name, name_length))
        return take_name(url->zone, "zone", value, length, why);
    if (is_named("timeout", name, name_length))
        return take_seconds(&url->timeout_ns, "timeout", value, length, why);
    if (is_named("settle", name, name_length))
        return take_seconds(&url->settle_ns, "settle", value, length, why);
    return wrong(why, "a setting", name, name_length,
                 "client, trader, account, zone, timeout or settle");
}

static int take_settings(struct tws_url *url, const char *text, tw_error *why) {
    while (*text) {
        size_t length = strcspn(text, "&");
        const char *equals = memchr(text, '=', length);
        if (!equals)
            return wrong(why, "a setting", text, length, "NAME=VALUE");
        size_t name_length = (size_t)(equals - text);
        int status =
            take_setting(url, text, name_length, equals + 1, length - name_length - 1, why);
        if (status)
            return status;
        text += length;
        text += *text == '&';
    }
    return 0;
}

/* ---- what stands before it ----------------------------------------------------------------- */

static int take_place(struct tws_url *url, const char *text, size_t length, tw_error *why) {
    const char *colon = memrchr(text, ':', length);
    if (!colon)
        return wrong(why, "the address", text, length, "HOST:PORT");
    const char *host = text;
    size_t host_length = (size_t)(colon - text);
    size_t port_length = length - host_length - 1;
    if (host_length > 1 && host[0] == '[' && host[host_length - 1] == ']') {
        host++;
        host_length -= 2;
    }
    int64_t port = number_of(colon + 1, port_length);
    if (port < 1 || port > 65535 || port_length >= sizeof url->port)
        return wrong(why, "the port", colon + 1, port_length,
                     "7497 or 7496 of TWS, 4002 or 4001 of IB Gateway, or another of 1 to 65535");
    if (host_length == 0 || host_length >= sizeof url->host || !tw_text_is_clean(host, host_length))
        return wrong(why, "the host", host, host_length, "a name or an address");
    memcpy(url->host, host, host_length);
    memcpy(url->port, colon + 1, port_length);
    return 0;
}

int tw_tws_url_parse(const char *text, struct tws_url *ret, tw_error *why) {
    struct tws_url url = {.timeout_ns = TIMEOUT_NS, .settle_ns = SETTLE_NS, .zone = DEFAULT_ZONE};
    if (strncmp(text, "//", 2) != 0)
        return wrong(why, "the rest", text, strlen(text), "//HOST:PORT?client=N");
    text += 2;
    size_t length = strcspn(text, "?");
    int status = take_place(&url, text, length, why);
    if (!status && text[length] == '?')
        status = take_settings(&url, text + length + 1, why);
    if (status)
        return status;
    if (url.client_count == 0)
        return tw_fail(why, TW_E_INVALID,
                       "the broker's URL has no client id, " EXPECTED_SHAPE
                       ": an id that no other program uses, and not the trader's");
    for (int32_t i = 0; i < url.client_count; i++)
        if (url.clients[i] == url.trader)
            return tw_fail(why, TW_E_INVALID,
                           "client id %d is that of the trader: TWS would refuse one of the two; "
                           "expected another",
                           (int)url.trader);
    *ret = url;
    return 0;
}

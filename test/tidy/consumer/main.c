/* The smallest embedder: makes a journal in the folder it is given, logs a fill, reads it back. */
#include <inttypes.h>
#include <stdio.h>

#include <tradewal.h>

int main(int count, char **words) {
    if (count != 2)
        return 2;
    tw_error why = {0};
    tw_settings settings = {
        .size = sizeof settings, .account = "DU1", .environment = TW_ENVIRONMENT_PAPER};
    tw_store *store = NULL;
    if (tw_init(words[1], &settings, &why) ||
        tw_open(words[1], &(tw_options){.size = sizeof(tw_options)}, &store, &why)) {
        fprintf(stderr, "%s\n", why.text);
        return 1;
    }
    tw_fill fill = {.size = sizeof fill,
                    .exec_id = "0001.01",
                    .symbol = "TSLA",
                    .action = TW_ACTION_BUY,
                    .qty_e8 = 100 * TW_E8,
                    .price_e8 = INT64_C(44525000000)};
    tw_position position = {.size = sizeof position};
    int first = tw_append_fill(store, &fill, NULL, &why);
    int again = tw_append_fill(store, &fill, NULL, &why);
    tw_store_position(store, "TSLA", &position, NULL);
    printf("tradewal %s: %s, then %s, open %" PRId64 "\n", tw_version(),
           first ? tw_error_name(first) : "appended", tw_error_name(again),
           position.qty_e8 / TW_E8);
    return tw_close(store, "done", &why) || first || again != TW_E_DUPLICATE ||
           position.qty_e8 != fill.qty_e8;
}

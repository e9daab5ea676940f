/* The identity of a journal: written once, read strictly. */
#include "day_file.h"

#include "io/clock.h"
#include "io/identity.h"

static void make_folder(void) {
    snprintf(journal_path, sizeof journal_path, "%s/journal", scratch_folder());
    CHECK_OK(tw_folder_create(journal_path, &journal, why));
}

static tw_settings plain_settings(void) {
    tw_settings settings = {.size = sizeof settings, .account = "DU123456"};
    settings.environment = TW_ENVIRONMENT_PAPER;
    return settings;
}

static int write_identity(const struct folder *folder, const tw_settings *settings, tw_error *why) {
    struct identity identity;
    int status = tw_identity_new(settings, &identity, why);
    return status ? status : tw_identity_write(folder, &identity, why);
}

START_TEST(what_was_set_is_read_back) {
    tw_settings settings = plain_settings();
    settings.zone = "Europe/Zurich";
    settings.currency = "CHF";
    settings.environment = TW_ENVIRONMENT_LIVE;
    settings.overnight = TW_OVERNIGHT_CARRY;
    settings.cost_method = TW_COST_METHOD_FIFO;
    settings.roll_seconds = 64800;
    settings.any_file_system = 1;
    make_folder();
    int64_t before = tw_clock_now_ns();
    CHECK_OK(write_identity(journal, &settings, why));
    struct identity identity;
    tw_settings back;
    CHECK_OK(tw_identity_read(journal, &identity, why));
    tw_identity_to_settings(&identity, &back);
    ck_assert_int_eq(identity.format, TW_FORMAT);
    ck_assert(identity.created_ns >= before && identity.created_ns <= tw_clock_now_ns());
    ck_assert_str_eq(back.account, "DU123456");
    ck_assert_str_eq(back.zone, "Europe/Zurich");
    ck_assert_str_eq(back.currency, "CHF");
    ck_assert_int_eq(back.environment, TW_ENVIRONMENT_LIVE);
    ck_assert_int_eq(back.overnight, TW_OVERNIGHT_CARRY);
    ck_assert_int_eq(back.cost_method, TW_COST_METHOD_FIFO);
    ck_assert_int_eq(back.roll_seconds, 64800);
    ck_assert_int_eq(back.any_file_system, 1);
    ck_assert_uint_eq(back.size, sizeof back);
}
END_TEST

START_TEST(what_was_not_said_has_its_default_and_each_journal_its_own_uuid) {
    tw_settings settings = plain_settings();
    struct identity first;
    struct identity second;
    struct folder *other = NULL;
    make_folder();
    CHECK_OK(write_identity(journal, &settings, why));
    CHECK_OK(tw_identity_read(journal, &first, why));
    ck_assert_str_eq(first.zone, "America/New_York");
    ck_assert_str_eq(first.currency, "USD");
    ck_assert_int_eq(first.overnight, TW_OVERNIGHT_REJECT);
    ck_assert_int_eq(first.cost_method, TW_COST_METHOD_AVERAGE);
    CHECK_OK(tw_folder_create(scratch_path("other"), &other, why));
    CHECK_OK(write_identity(other, &settings, why));
    CHECK_OK(tw_identity_read(other, &second, why));
    ck_assert_mem_ne(first.uuid, second.uuid, sizeof first.uuid);
    char text[TW_UUID_TEXT_BYTES];
    tw_uuid_text(first.uuid, text);
    ck_assert_uint_eq(strlen(text), 36);
    ck_assert_int_eq(text[14], '4');
    struct stat status;
    ck_assert_int_eq(lstat(in_journal("identity"), &status), 0);
    ck_assert_uint_eq(status.st_mode & 07777, 0600);
    tw_folder_close(other);
}
END_TEST

START_TEST(an_identity_is_written_once) {
    tw_settings settings = plain_settings();
    make_folder();
    CHECK_OK(write_identity(journal, &settings, why));
    size_t size = 0;
    uint8_t *before = load_file(in_journal("identity"), &size);
    CHECK_FAILS(write_identity(journal, &settings, why), TW_E_EXISTS, "journal already");
    size_t size_after = 0;
    uint8_t *after = load_file(in_journal("identity"), &size_after);
    ck_assert_uint_eq(size, size_after);
    ck_assert_mem_eq(before, after, size);
    ck_assert_int_eq(tw_folder_has(journal, "identity.new", NULL), 0);
    free(before);
    free(after);
}
END_TEST

START_TEST(what_a_crashed_init_left_is_no_hindrance) {
    tw_settings settings = plain_settings();
    struct identity identity;
    make_folder();
    store_file(in_journal("identity.new"), (const uint8_t *)"tradewal jour", 13);
    CHECK_FAILS(tw_identity_read(journal, &identity, why), TW_E_NOT_JOURNAL, "no file identity");
    CHECK_OK(write_identity(journal, &settings, why));
    CHECK_OK(tw_identity_read(journal, &identity, why));
    ck_assert_int_eq(tw_folder_has(journal, "identity.new", NULL), 0);
}
END_TEST

static void spoil(tw_settings *settings, int which) {
    static const char long_text[] =
        "a2345678901234567890123456789012345678901234567890123456789012345";
    switch (which) {
    case 0:
        settings->account = NULL;
        break;
    case 1:
        settings->account = "../x";
        break;
    case 2:
        settings->account = long_text;
        break;
    case 3:
        settings->account = "";
        break;
    case 4:
        settings->environment = 0;
        break;
    case 5:
        settings->environment = 3;
        break;
    case 6:
        settings->zone = "/etc/passwd";
        break;
    case 7:
        settings->zone = "America/../x";
        break;
    case 8:
        settings->currency = "usd";
        break;
    case 9:
        settings->currency = "TOOLONGCU";
        break;
    case 10:
        settings->overnight = 9;
        break;
    case 11:
        settings->cost_method = -1;
        break;
    case 12:
        settings->roll_seconds = 86400;
        break;
    case 13:
        settings->roll_seconds = -1;
        break;
    case 14:
        settings->any_file_system = 2;
        break;
    default:
        settings->size = 8;
        break;
    }
}

START_TEST(settings_that_are_not_allowed_write_nothing) {
    tw_settings settings = plain_settings();
    make_folder();
    spoil(&settings, _i);
    CHECK_FAILS(write_identity(journal, &settings, why), TW_E_INVALID, "");
    ck_assert_int_eq(tw_folder_has(journal, "identity", NULL), 0);
    ck_assert_int_eq(tw_folder_has(journal, "identity.new", NULL), 0);
}
END_TEST

static struct buffer sample(void) {
    tw_settings settings = plain_settings();
    struct identity identity;
    struct buffer text = {0};
    CHECK_OK(tw_identity_from_settings(&settings, &identity, why));
    identity.created_ns = INT64_C(1759759200123456789);
    tw_identity_encode(&text, &identity);
    ck_assert(!text.failed);
    return text;
}

/* The text with one line exchanged and its checksum made to fit again. */
static struct buffer with_line(const char *line, const char *instead) {
    struct buffer text = sample();
    struct buffer out = {0};
    const char *found = strstr(tw_buffer_string(&text), line);
    ck_assert_ptr_nonnull(found);
    tw_buffer_put(&out, text.data, (size_t)(found - text.data));
    tw_buffer_text(&out, instead);
    const char *rest = found + strlen(line);
    const char *crc = strstr(rest, "crc32c: ");
    ck_assert_ptr_nonnull(crc);
    tw_buffer_put(&out, rest, (size_t)(crc - rest));
    tw_buffer_format(&out, "crc32c: %08" PRIx32 "\n", tw_crc32c(0, out.data, out.size));
    tw_buffer_free(&text);
    return out;
}

START_TEST(the_text_of_an_identity_is_fixed) {
    struct buffer text = sample();
    static const char expected[] = "tradewal journal\n"
                                   "format: 3\n"
                                   "uuid: 00000000-0000-0000-0000-000000000000\n"
                                   "account: DU123456\n"
                                   "environment: paper\n"
                                   "zone: America/New_York\n"
                                   "currency: USD\n"
                                   "overnight: reject\n"
                                   "cost_method: average\n"
                                   "roll_seconds: 0\n"
                                   "any_file_system: 0\n"
                                   "created: 2025-10-06T14:00:00.123456789";
    ck_assert_msg(strncmp(tw_buffer_string(&text), expected, strlen(expected)) == 0, "%s",
                  tw_buffer_string(&text));
    tw_buffer_free(&text);
}
END_TEST

START_TEST(a_newer_format_is_called_newer_whatever_follows) {
    struct buffer text = with_line("format: 3\nuuid", "format: 4\nnews: x\nuuid");
    struct identity identity;
    CHECK_FAILS(tw_identity_decode(text.data, text.size, &identity, why), TW_E_NEWER, "format 4");
    tw_buffer_free(&text);
}
END_TEST

START_TEST(a_line_that_does_not_belong_is_damage) {
    static const char *const changes[][2] = {
        {"account: DU123456\n", ""},
        {"account: DU123456\n", "account: ../..\n"},
        {"account: DU123456\n", "account: DU123456\naccount: DU123456\n"},
        {"environment: paper\n", "environment: papers\n"},
        {"environment: paper\n", "environment:paper\n"},
        {"zone: America/New_York\n", "zone: /America\n"},
        {"currency: USD\n", "currency: \n"},
        {"currency: USD\n", "currency: USDUSDUSD\n"},
        {"overnight: reject\n", "overnight: average\n"},
        {"roll_seconds: 0\n", "roll_seconds: 00\n"},
        {"roll_seconds: 0\n", "roll_seconds: 86400\n"},
        {"roll_seconds: 0\n", "roll_seconds: -1\n"},
        {"roll_seconds: 0\n", "roll_seconds: 99999999999999999999\n"},
        {"any_file_system: 0\n", "any_file_system: 2\n"},
        {"uuid: 0000", "uuid: 000g"},
        {"uuid: 0000", "uuid: 00000"},
        {"format: 3\n", "format: 0\n"},
        {"format: 3\n", ""},
        {"created: 2025-10-06", "created: 2025-13-06"},
    };
    struct buffer text = with_line(changes[_i][0], changes[_i][1]);
    struct identity identity;
    CHECK_FAILS(tw_identity_decode(text.data, text.size, &identity, why), TW_E_DAMAGED, "identity");
    tw_buffer_free(&text);
}
END_TEST

START_TEST(every_flipped_bit_and_every_cut_is_refused) {
    struct buffer text = sample();
    struct identity identity;
    for (size_t bit = 0; bit < text.size * 8; bit++) {
        text.data[bit / 8] ^= (char)(1 << (bit % 8));
        int rc = tw_identity_decode(text.data, text.size, &identity, NULL);
        ck_assert(rc == TW_E_DAMAGED || (rc == TW_E_NOT_JOURNAL && bit < 17 * 8));
        text.data[bit / 8] ^= (char)(1 << (bit % 8));
    }
    for (size_t size = 0; size < text.size; size++) {
        int rc = tw_identity_decode(text.data, size, &identity, NULL);
        ck_assert(rc == TW_E_DAMAGED || (rc == TW_E_NOT_JOURNAL && size < 17));
    }
    ck_assert_int_eq(tw_identity_decode(text.data, text.size, &identity, NULL), 0);
    tw_buffer_free(&text);
}
END_TEST

START_TEST(a_file_that_is_something_else_is_no_journal) {
    struct identity identity;
    make_folder();
    store_file(in_journal("identity"), (const uint8_t *)"Subject: hello\n", 15);
    CHECK_FAILS(tw_identity_read(journal, &identity, why), TW_E_NOT_JOURNAL, "does not start");
    ck_assert_int_eq(unlink(in_journal("identity")), 0);
    ck_assert_int_eq(symlink("/etc/hostname", in_journal("identity")), 0);
    CHECK_FAILS(tw_identity_read(journal, &identity, why), TW_E_PERMISSION, "symbolic link");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("identity");
    TCase *identity = tcase_create("identity");
    tcase_add_test(identity, what_was_set_is_read_back);
    tcase_add_test(identity, what_was_not_said_has_its_default_and_each_journal_its_own_uuid);
    tcase_add_test(identity, an_identity_is_written_once);
    tcase_add_test(identity, what_a_crashed_init_left_is_no_hindrance);
    tcase_add_loop_test(identity, settings_that_are_not_allowed_write_nothing, 0, 16);
    tcase_add_test(identity, the_text_of_an_identity_is_fixed);
    tcase_add_test(identity, a_newer_format_is_called_newer_whatever_follows);
    tcase_add_loop_test(identity, a_line_that_does_not_belong_is_damage, 0, 19);
    tcase_add_test(identity, every_flipped_bit_and_every_cut_is_refused);
    tcase_add_test(identity, a_file_that_is_something_else_is_no_journal);
    suite_add_tcase(suite, identity);
    return run_suite(suite);
}
